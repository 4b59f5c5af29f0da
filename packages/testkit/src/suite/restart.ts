import { describe, expect } from 'vitest';
import * as z from 'zod';
import type { EraClient } from '../clients/client.ts';
import { modern } from '../clients/wire.ts';
import { launchToFail } from '../launch.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import { endedJob, JOB_CASE_MS, loggedEnds } from './jobs.ts';
import type { Lane } from './lane.ts';
import { beginWithdrawal, confirmWithdrawal, WITHDRAWN } from './round-trips.ts';
import { SLOW_MS } from './site.ts';
import { createdDraft } from './tools.ts';

const jobProgress = z.object({ progress: z.object({ done: z.number() }).optional() });

/** A kept-alive connection without a request on it must not hold the end up; Node's own would, for 5 s. */
const SLACK_MS = 2_000;
/** A launch gets ready in a second or two, and where lanes share two cores in half a minute. */
const RESTART_MS = 60_000;

/** What outlives a process, and how one ends. Comes last: it restarts the lane's open launch. */
export function restart(lane: Lane): void {
  const { app } = lane;
  describe('ending and starting again', () => {
    laneCase(app.name, 'SIGTERM lets a running request finish, then ends the process with exit code 0', async () => {
      const arrived = lane.site.requested('/slow');
      const call = { name: 'fetch_page', arguments: { url: lane.site.page('/slow') } };
      const running = lane.send(modern('tools/call', call, { id: 1 }));
      await arrived;
      const signalled = Date.now();
      const [response] = await Promise.all([running, lane.open.stop()]);
      expect(Date.now() - signalled).toBeLessThan(SLOW_MS + SLACK_MS);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('Slow text.');
    });

    for (const [how, end] of Object.entries({ 'a restart': 'stop', 'kill -9': 'kill' } as const)) {
      laneCase(app.name, `a draft and a search survive ${how}`, async () => {
        await lane.open.restart();
        const before = await lane.connect('modern');
        const draftId = await createdDraft(before, 'Durable');
        await before.callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD });
        const { structured } = await before.callTool('search_records', { query: 'love', limit: 5 });

        await lane.open[end]();
        await lane.open.restart();

        const after = await lane.connect('legacy');
        const read = await after.callTool('read_draft', { draftId });
        expect(read.structured).toMatchObject({ title: 'Durable', entries: [{ recordId: KNOWN_RECORD }] });
        const { searchId } = structured;
        const further = await after.callTool('search_records', { query: 'love', limit: 5, searchId });
        expect(further.structured).toMatchObject({ searchId, heldBack: 5 });
      });
    }

    laneCase(
      app.name,
      'a question asked before kill -9 is answered by the instance after it',
      async () => {
        const requestState = await beginWithdrawal(lane.send);
        await lane.open.kill();
        await lane.open.restart();
        expect(await confirmWithdrawal(lane.send, requestState)).toMatchObject(WITHDRAWN);
      },
      RESTART_MS,
    );

    laneCase(
      app.name,
      'a report goes on after kill -9 where it was, and is completed once',
      async () => {
        await lane.open.restart();
        const before = await lane.connect('modern');
        // Most books take seconds. Where nobody works on them in between, all of them: fewer are done within the first answer.
        const { structured } = await before.callTool('start_report', app.queueEndsWithLaunch ? {} : { yearFrom: 1850 });
        const { jobId } = structured;
        const doneOf = async (client: EraClient) => {
          const { structured: view } = await client.callTool('get_job_result', { jobId });
          return jobProgress.parse(view).progress?.done ?? 0;
        };
        await expect.poll(() => doneOf(before), { timeout: 15_000, interval: 20 }).toBeGreaterThan(0);
        const reached = await doneOf(before);

        await lane.open.kill();
        await lane.open.restart();

        const after = await lane.connect('legacy');
        expect(await doneOf(after)).toBeGreaterThanOrEqual(reached);
        // Nobody asks where a queue delivers it: that its delivery survived is all that gets it done.
        if (app.queueEndsWithLaunch) await endedJob(after, jobId);
        expect(await loggedEnds(lane, jobId)).toHaveLength(1);
        expect(await endedJob(after, jobId)).toMatchObject({ status: 'completed' });
      },
      JOB_CASE_MS,
    );

    laneCase(app.name, 'a second one on the same port refuses to start, and says why', async () => {
      const { port } = lane.guarded;
      const { code, output } = await launchToFail(app, { port, stateDirectory: lane.directory, settings: {} });
      expect(code).toBe(1);
      expect(output).toMatch(
        new RegExp(`(Port ${port} on 127\\.0\\.0\\.1 is taken|Address already in use \\(127\\.0\\.0\\.1:${port}\\))`),
      );
      const health = await (await fetch(`${lane.guarded.url}/healthz`)).json();
      expect(health.target).toBe(app.name);
    });
  });
}
