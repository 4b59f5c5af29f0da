import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SqliteQueue, sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-node';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-node';
import { defineJob, type Surface } from '@mcp-everywhere/tools';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { messageOf, modern } from './requests.ts';

/** Three attempts, with 1 s and 2 s between them, and the queue looks twice a second. */
const WITHIN = { timeout: 15_000, interval: 50 };
const OPT_IN = {
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

/** A surface with one job, which throws after its first chunk. */
function poisoned(name: string): Surface {
  const job = defineJob({
    name,
    title: 'Poison',
    description: 'Throws after its first chunk.',
    input: z.object({}),
    output: z.object({}),
    checkpoint: z.int(),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run(_, ctx) {
      if (ctx.checkpoint === undefined) await ctx.save(1, { done: 1, total: 2, message: 'Half of it' });
      throw new Error('the secret is hunter2');
    },
  });
  return { ...fixtureSurface, tools: [job] };
}

const task = z.object({ result: z.looseObject({ taskId: z.string().optional(), status: z.string().optional() }) });

describe('a job on SQLite', () => {
  let directory: string;
  let store: ReturnType<typeof sqliteStore>;
  let queue: SqliteQueue;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-failed-'));
    store = sqliteStore(join(directory, 'state.sqlite'));
    queue = sqliteQueue(join(directory, 'state.sqlite'));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await queue.stop();
    queue.close();
    store.close();
    await rm(directory, { recursive: true });
  });

  /** A deployment: its server, which works on the queue once it is told to. */
  const deployed = (served: Surface) => {
    const server = createServer(served, { ...memoryPlatform({}, store), jobs: queue }, { loopback: true });
    const send = async (method: string, params: Record<string, unknown>) => {
      const headers = typeof params.taskId === 'string' ? { 'mcp-name': params.taskId } : {};
      const response = await server.fetch(modern(method, { ...params, _meta: OPT_IN }, headers));
      return task.parse(await messageOf(response)).result;
    };
    return { server, send };
  };

  /** What can be seen of a job once it has ended, as text. */
  const endOf = async (taskId: unknown, send: ReturnType<typeof deployed>['send']) => {
    await expect.poll(async () => (await send('tasks/get', { taskId })).status, WITHIN).not.toBe('working');
    return JSON.stringify(await send('tasks/get', { taskId }));
  };

  test('that is poisoned stops after three attempts, tells no cause, and can be looked at', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const { server, send } = deployed(poisoned('start_poison'));
    queue.start(server.runJob, server.onQueueError);
    const { taskId } = await send('tools/call', { name: 'start_poison', arguments: {} });
    const ended = await endOf(taskId, send);
    expect(ended).toContain('begun 3 times in a row');
    expect(ended).toContain('"statusMessage":"Half of it"');
    expect(ended).not.toContain('hunter2');
    // The log has each cause; and that it ended, once.
    const lines = log.mock.calls.flat().map((line) => JSON.parse(line));
    expect(lines.filter(({ kind, error }) => kind === 'start_poison' && error)).toHaveLength(3);
  });

  test('whose code is gone after a deployment fails, and says why', async () => {
    const { taskId } = await deployed(poisoned('start_poison')).send('tools/call', {
      name: 'start_poison',
      arguments: {},
    });
    const { server, send } = deployed(poisoned('start_other'));
    queue.start(server.runJob, server.onQueueError);
    expect(await endOf(taskId, send)).toContain('There is no code for jobs of the kind \\"start_poison\\"');
  });
});
