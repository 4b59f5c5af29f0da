import { describe, expect } from 'vitest';
import * as z from 'zod';
import { envelope, messageOf, modern } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { endedJob, JOB_CASE_MS, WITHIN } from './jobs.ts';
import type { Lane } from './lane.ts';
import { expectRefusal } from './refusal.ts';

const UNKNOWN_JOB = `job_${'0'.repeat(32)}`;
/** Few books, so that a report is quick. */
const FEW = { yearFrom: 1800, yearTo: 1820 };
/** The envelope of a client that takes a task for an answer. */
const TASK_ENVELOPE = {
  ...envelope(),
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const taskMessage = z.object({
  result: z.looseObject({ taskId: z.string().optional(), status: z.string().optional() }),
});

/** The tasks extension, on the wire: no client of the suite speaks it. */
export function tasks(lane: Lane): void {
  const { app } = lane;
  const task = (method: string, taskId: string, _meta: object = TASK_ENVELOPE) =>
    lane.send(
      modern(`tasks/${method}`, { taskId, inputResponses: {}, _meta }, { id: 'h-1', headers: { 'mcp-name': taskId } }),
    );

  describe('tasks', () => {
    laneCase(
      app.name,
      'the same report is a task for a client that speaks tasks',
      async () => {
        const send = async (method: string, params: Record<string, unknown>) => {
          const headers = typeof params.taskId === 'string' ? { 'mcp-name': params.taskId } : {};
          const request = modern(method, { ...params, _meta: TASK_ENVELOPE }, { id: 1, headers });
          const message = messageOf(await (await lane.send(request)).text());
          return taskMessage.parse(message).result;
        };
        const created = await send('tools/call', { name: 'start_report', arguments: FEW });
        expect(created).toMatchObject({ resultType: 'task', status: 'working' });
        const { taskId } = created;
        await expect.poll(async () => (await send('tasks/get', { taskId })).status, WITHIN).toBe('completed');
        expect(await send('tasks/get', { taskId })).toMatchObject({
          result: { structuredContent: { jobId: taskId, status: 'completed', result: { books: expect.any(Number) } } },
        });
      },
      JOB_CASE_MS,
    );

    for (const method of ['get', 'update', 'cancel']) {
      laneCase(
        app.name,
        `tasks/${method} of an unknown task is refused, and without the extension besides`,
        async () => {
          const unknown = { status: 200, code: -32_602, id: 'h-1', message: /^Unknown task/ };
          await expectRefusal(await task(method, UNKNOWN_JOB), unknown);
          const undeclared = await task(method, UNKNOWN_JOB, {
            ...TASK_ENVELOPE,
            'io.modelcontextprotocol/clientCapabilities': {},
          });
          await expectRefusal(undeclared, { status: 400, code: -32_021, id: 'h-1', message: /./ });
        },
      );
    }

    laneCase(
      app.name,
      'a job that has ended stays as it ended, whoever cancels it or answers what it did not ask',
      async () => {
        const client = await lane.connect('modern');
        const { jobId } = (await client.callTool('start_report', FEW)).structured;
        const ended = await endedJob(client, jobId);
        expect(ended).toMatchObject({ status: 'completed' });
        expect((await client.callTool('cancel_job', { jobId })).structured).toEqual(ended);
        for (const method of ['cancel', 'update']) {
          const message = messageOf(await (await task(method, String(jobId))).text());
          expect(message).toMatchObject({ id: 'h-1', result: { resultType: 'complete' } });
        }
        expect((await client.callTool('get_job_result', { jobId })).structured).toEqual(ended);
      },
      JOB_CASE_MS,
    );
  });
}
