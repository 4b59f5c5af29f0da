import { LIMITS, listeningOn } from '@mcp-everywhere/platform/limits';
import { describe, expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import { type ListeningClient, listenTo } from '../clients/listening-client.ts';
import { messageOf, modern } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { JOB_CASE_MS } from './jobs.ts';
import type { Lane } from './lane.ts';
import { expectRefusal } from './refusal.ts';

/** Few books; and all, so that a report is not done before somebody listens. */
const FEW = { yearFrom: 1800, yearTo: 1820 };
const ALL = {};
/** How often it is to be told that a report has come further, before it is cancelled. */
const ENOUGH = 3;

const discovered = z.object({ result: z.object({ capabilities: z.object({ resources: z.unknown() }) }) });

/** How far a report is, as its resource says; once it is completed, the resource is the report. */
const reportSoFar = z.union([
  z.object({ books: z.number() }).transform(({ books }) => ({ isOver: true, done: books })),
  z
    .object({ status: z.enum(['queued', 'running', 'cancelled']), progress: z.object({ done: z.number() }).optional() })
    .transform(({ status, progress }) => ({ isOver: status === 'cancelled', done: progress?.done ?? 0 })),
]);

/** Being told of changes (`subscriptions/listen`), where the target can hold the stream; else, being told that it cannot. */
export function listening(lane: Lane): void {
  const { app } = lane;
  const listeningCase = (name: string, run: () => Promise<void>) => laneCase(app.name, name, run, JOB_CASE_MS);
  const subscribable = async () => {
    const answer = await lane.send(modern('server/discover', {}, { id: 1 }));
    return discovered.parse(messageOf(await answer.text())).result.capabilities.resources;
  };

  const time = listeningOn(app.name);
  if (!time.held) {
    describe('listening', () => {
      listeningCase('is not advertised, and is refused with the reason and what to do instead', async () => {
        expect(await subscribable()).toEqual({});
        const notifications = { resourceSubscriptions: ['report://job_1'] };
        const refused = await lane.send(modern('subscriptions/listen', { notifications }, { id: 'l-1' }));
        await expectRefusal(refused, { status: 404, code: -32_601, id: 'l-1', message: /get_job_result/ });
        const again = await lane.send(modern('subscriptions/listen', { notifications }, { id: 'l-2' }));
        expect(await again.text()).toContain(time.because);
      });
    });
    return;
  }

  const listened = async (uris: string[], requestId = 'listening'): Promise<ListeningClient> => {
    const client = await listenTo({ url: new URL('/mcp', lane.open.url), requestId }, uris);
    onTestFinished(() => client.close());
    return client;
  };
  const startedReport = async (years: Record<string, unknown>) => {
    const { structured } = await (await lane.connect('modern')).callTool('start_report', years);
    return { jobId: structured.jobId, uri: `report://${structured.jobId}` };
  };

  describe('listening', () => {
    listeningCase('is advertised', async () => {
      expect(await subscribable()).toEqual({ subscribe: true });
    });

    listeningCase('a report that another request began is followed until another one cancels it', async () => {
      const [report] = [await startedReport(ALL), await startedReport(FEW)];
      const client = await listened([report.uri]);
      expect(client.honored).toEqual([report.uri]);
      const seen = [reportSoFar.parse(await client.read(report.uri))];
      // It asks again only when it is told to: that the end was told is how this comes to one.
      while (!seen.at(-1)?.isOver) {
        await client.news();
        seen.push(reportSoFar.parse(await client.read(report.uri)));
        if (seen.length === ENOUGH) {
          await (await lane.connect('modern')).callTool('cancel_job', { jobId: report.jobId });
        }
      }
      const done = seen.map((look) => look.done);
      expect(done).toEqual(done.toSorted((one, next) => one - next));
      expect(new Set(client.told)).toEqual(new Set([report.uri]));
    });

    listeningCase('a report that is not there is not confirmed, and the stream ends with an answer', async () => {
      const client = await listened(['report://job_unknown', 'record://austen-emma', 'report://']);
      expect(client.honored).toEqual([]);
      expect(await client.ended).toBe('graceful');
    });

    if (LIMITS[app.name].disconnect.seenAs !== 'never') {
      listeningCase('a client that leaves is noticed, at the latest with what it would be told next', async () => {
        const { jobId, uri } = await startedReport(ALL);
        const requestId = `listen-${crypto.randomUUID()}`;
        const client = await listened([uri], requestId);
        const logged = (message: string) =>
          lane.open
            .log()
            .split('\n')
            .some((line) => line.includes(message) && line.includes(requestId));
        await expect.poll(() => logged('A client listens')).toBe(true);
        expect(logged('A client has stopped listening')).toBe(false);
        await client.close();
        expect(await client.ended).toBe('local');
        await expect.poll(() => logged('A client has stopped listening'), { timeout: 20_000 }).toBe(true);
        await (await lane.connect('modern')).callTool('cancel_job', { jobId });
      });
    }
  });
}
