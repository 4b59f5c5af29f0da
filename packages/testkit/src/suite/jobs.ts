import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import * as z from 'zod';
import type { EraClient } from '../clients/client.ts';
import { laneCase } from './case.ts';
import type { ClientLane, Lane } from './lane.ts';

/** Few books, so that a report is quick; as many as make a large one; and all, which takes seconds. */
const FEW = { yearFrom: 1800, yearTo: 1820 };
const MANY = { yearFrom: 1850, yearTo: 1900 };
const ALL = {};
const contents = z.array(z.object({ text: z.string() }));
const reportShape = z.object({ books: z.number(), neighbours: z.array(z.unknown()) });
/** A runner that was killed is taken for dead after 15 s, and where lanes share two cores a report takes half a minute. */
export const WITHIN = { timeout: 100_000, interval: 200 };
/** How long jobs may come no further, together: thrice what it takes to replace a runner that died. */
const STANDSTILL_MS = 60_000;
/** For a case that waits for a job. */
export const JOB_CASE_MS = WITHIN.timeout + 60_000;

/** Work that outlives the request that began it. */
export function jobs(lane: ClientLane): void {
  const { app } = lane;
  const jobCase = (name: string, run: () => Promise<void>) => laneCase(app.name, name, run, JOB_CASE_MS);
  describe('jobs', () => {
    jobCase('a report begun by a client of one era is fetched by one of the other, once it is done', async () => {
      const started = await (await lane.connect('modern')).callTool('start_report', FEW);
      expect(started.structured).toMatchObject({ status: 'queued', jobId: expect.stringMatching(/^job_/) });
      const view = await endedJob(await lane.connect('legacy'), started.structured.jobId);
      expect(view).toMatchObject({ status: 'completed', progress: { done: expect.any(Number) } });
      expect(view.pollAfterSeconds).toBeUndefined();
      expect(view.result).toMatchObject({ books: expect.any(Number), byCentury: [{ century: 1800 }] });
    });

    jobCase('a report is completed though nobody asks for it', async () => {
      const client = await lane.connect('modern');
      const { structured } = await client.callTool('start_report', FEW);
      expect(await loggedEnds(lane, structured.jobId)).toMatchObject([{ queue: app.queue, status: 'completed' }]);
    });

    jobCase('a large result is a resource, which its owner reads', async () => {
      const client = await lane.connect('modern');
      const { structured } = await client.callTool('start_report', MANY);
      const view = await endedJob(client, structured.jobId);
      expect(view).toMatchObject({ status: 'completed', resultUri: `report://${structured.jobId}` });
      expect(view.result).toBeUndefined();
      const [content] = contents.parse(await client.readResource(`report://${structured.jobId}`));
      const report = reportShape.parse(JSON.parse(content?.text ?? ''));
      expect(report.neighbours).toHaveLength(report.books);
      expect(report.books).toBeGreaterThan(100);
    });

    jobCase('a job that is cancelled ends, and has no result', async () => {
      const client = await lane.connect('legacy');
      const { structured } = await client.callTool('start_report', ALL);
      const { jobId } = structured;
      await client.callTool('cancel_job', { jobId });
      expect(await endedJob(client, jobId)).toMatchObject({ jobId, status: 'cancelled' });
    });

    jobCase('an unknown job is a tool error that says what to do', async () => {
      const client = await lane.connect('modern');
      for (const tool of ['get_job_result', 'cancel_job']) {
        const { isError, text } = await client.callTool(tool, { jobId: `job_${'0'.repeat(32)}` });
        expect(isError).toBe(true);
        expect(text).toContain('unknown or has expired');
      }
    });

    jobCase('a job that cannot be done fails, and says why', async () => {
      const client = await lane.connect('modern');
      const { structured } = await client.callTool('start_report', { yearFrom: 2900 });
      expect(await endedJob(client, structured.jobId)).toMatchObject({
        status: 'failed',
        error: expect.stringContaining('fewer than two books'),
      });
    });
  });
}

/** Asks until the job has ended. */
export async function endedJob(client: EraClient, jobId: unknown): Promise<Record<string, unknown>> {
  const [view = {}] = await endedJobs(client, [jobId]);
  return view;
}

/** Asks until all have ended, however long that takes on a busy machine; fails where none of them comes further. */
export async function endedJobs(
  client: EraClient,
  jobIds: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  let before = '';
  let movedAt = 0;
  for (;;) {
    const results = await Promise.all(jobIds.map((jobId) => client.callTool('get_job_result', { jobId })));
    const views = results.map(({ structured }) => structured);
    if (views.every(({ status }) => /^(completed|failed|cancelled)$/.test(String(status)))) return views;
    const now = JSON.stringify(results.map(({ text }) => text));
    if (now !== before) movedAt = Date.now();
    before = now;
    if (Date.now() - movedAt > STANDSTILL_MS) throw new Error(`Nothing came further for ${STANDSTILL_MS} ms: ${now}`);
    await delay(WITHIN.interval);
  }
}

/** What the log says of a job's end, each time it does; waits until it does. Asks the server nothing. */
export async function loggedEnds({ open }: Pick<Lane, 'open'>, jobId: unknown): Promise<unknown[]> {
  let ends: string[] = [];
  await expect
    .poll(() => {
      ends = open.log().match(new RegExp(`\\{.*"message":"Job .*${jobId}.* ended".*\\}`, 'g')) ?? [];
      return ends;
    }, WITHIN)
    .not.toEqual([]);
  return ends.map((line) => JSON.parse(line));
}
