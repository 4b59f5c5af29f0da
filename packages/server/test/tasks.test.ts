import { type JobQueue, QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { defineJob, elicitForm, failure, inputRequired, type Surface } from '@mcp-everywhere/tools';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer, type McpServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE, legacy, messageOf, modern } from './requests.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const OPT_IN = { ...ENVELOPE, [CAPABILITIES]: { extensions: { [TASKS]: {} } } };

const startCount = defineJob({
  name: 'start_count',
  title: 'Count',
  description: 'Counts.',
  input: z.object({ upTo: z.int().min(0) }),
  output: z.object({ counted: z.int() }),
  checkpoint: z.int(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run({ upTo }, ctx) {
    if (upTo === 13) return failure('Not thirteen.');
    for (let next = ctx.checkpoint ?? 0; next < upTo; next += 1) {
      await ctx.save(next + 1, { done: next + 1, total: upTo, message: `Counted ${next + 1}` });
    }
    return { counted: upTo };
  },
});
const yes = elicitForm('yes', z.object({ yes: z.boolean() }));
const why = elicitForm('why', z.object({ why: z.string() }));

const startAsking = defineJob({
  name: 'start_asking',
  title: 'Ask',
  description: 'Asks two things.',
  requires: { client: ['tasks', 'elicitation'] },
  asks: [yes, why],
  input: z.object({}),
  output: z.object({ said: z.string() }),
  checkpoint: z.null(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run(_, { input }) {
    const [answer, reason] = [input.answerTo(yes), input.answerTo(why)];
    if (answer === undefined || reason === undefined) return inputRequired([yes.ask('Yes?'), why.ask('Why?')]);
    return { said: reason.action === 'accept' ? reason.content.why : 'nothing' };
  },
});

const surface: Surface = { ...fixtureSurface, tools: [...fixtureSurface.tools, startCount, startAsking] };

describe('a job as a task', () => {
  let server: McpServer;
  beforeEach(() => {
    server = createServer(surface, { ...memoryPlatform(), state: memoryStore() }, { loopback: true });
  });
  const send = async (request: Request) => {
    const response = await server.fetch(request);
    return { status: response.status, message: z.record(z.string(), z.any()).parse(await messageOf(response)) };
  };
  const call = (upTo: number, _meta: object = OPT_IN) =>
    send(modern('tools/call', { name: 'start_count', arguments: { upTo }, _meta }));
  const tasks = (method: string, taskId: string, more: object = {}, _meta: object = OPT_IN) =>
    send(modern(`tasks/${method}`, { taskId, ...more, _meta }, { 'mcp-name': taskId }));

  test('is advertised to the modern era, and to it alone', async () => {
    const discovered = await send(modern('server/discover'));
    expect(discovered.message.result.capabilities.extensions).toEqual({ [TASKS]: {} });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const initialized = await send(legacy('initialize', params));
    expect(initialized.message.result.capabilities.extensions).toBeUndefined();
  });

  test('is a handle for a client that does not ask for tasks, in both eras', async () => {
    const { message } = await call(3, ENVELOPE);
    expect(message.result).toMatchObject({ resultType: 'complete', structuredContent: { status: 'queued' } });
    const old = await send(legacy('tools/call', { name: 'start_count', arguments: { upTo: 3 } }));
    expect(old.message.result).toMatchObject({ structuredContent: { status: 'queued' } });
  });

  test('is durable when it is answered, and its result is what the tool would have returned', async () => {
    const { message } = await call(3);
    expect(message.result).toMatchObject({
      resultType: 'task',
      taskId: expect.stringMatching(/^job_[0-9a-f]{32}$/),
      status: 'working',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ttlMs: 86_400_000,
      pollIntervalMs: expect.any(Number),
    });
    const got = await tasks('get', message.result.taskId);
    expect(got.message.result).toMatchObject({
      taskId: message.result.taskId,
      status: 'completed',
      statusMessage: 'Counted 3',
      result: {
        resultType: 'complete',
        content: [{ type: 'text' }],
        structuredContent: { status: 'completed', result: { counted: 3 } },
      },
    });
  });

  test('whose call fails is completed with an error of the tool', async () => {
    const { message } = await call(13);
    const got = await tasks('get', message.result.taskId);
    expect(got.message.result).toMatchObject({
      status: 'completed',
      result: { isError: true, content: [{ text: 'Not thirteen.' }] },
    });
  });

  test('is not made of a call whose arguments do not fit', async () => {
    const { message } = await call(-1);
    expect(message.result).toMatchObject({ resultType: 'complete', isError: true });
  });

  test('whose code breaks has failed, with no result but an error', async () => {
    const state = memoryStore();
    const parted = createServer(
      surface,
      { ...memoryPlatform(), state, jobs: { kind: 'none', send: async () => {} } },
      { loopback: true },
    );
    const started = await parted.fetch(
      modern('tools/call', { name: 'start_count', arguments: { upTo: 3 }, _meta: OPT_IN }),
    );
    const { taskId } = z.object({ result: z.object({ taskId: z.string() }) }).parse(await messageOf(started)).result;
    const without: Surface = { ...surface, tools: surface.tools.filter(({ name }) => name !== 'start_count') };
    const later = createServer(without, { ...memoryPlatform(), state }, { loopback: true });
    const got = await later.fetch(modern('tasks/get', { taskId, _meta: OPT_IN }, { 'mcp-name': taskId }));
    expect(await messageOf(got)).toMatchObject({
      result: {
        taskId,
        status: 'failed',
        error: { code: -32_603, message: expect.stringContaining('There is no code') },
      },
    });
  });

  test('asks, shows what is not yet answered, asks again what was answered badly, and goes on', async () => {
    const both = { ...OPT_IN[CAPABILITIES], elicitation: {} };
    const { message } = await send(
      modern('tools/call', { name: 'start_asking', arguments: {}, _meta: { ...OPT_IN, [CAPABILITIES]: both } }),
    );
    const { taskId } = message.result;
    const form = (text: string, schema: object) => ({
      method: 'elicitation/create',
      params: { mode: 'form', message: text, requestedSchema: { type: 'object', ...schema } },
    });
    const asked = {
      yes: form('Yes?', { properties: { yes: { type: 'boolean' } }, required: ['yes'] }),
      why: form('Why?', { properties: { why: { type: 'string' } }, required: ['why'] }),
    };
    const accept = (content: object) => ({ action: 'accept', content });
    const outstanding = async () => {
      const { result } = (await tasks('get', taskId)).message;
      return result.status === 'input_required' ? result.inputRequests : result.status;
    };
    expect(await outstanding()).toEqual(asked);
    await tasks('update', taskId, { inputResponses: { yes: accept({ yes: true }), other: accept({}) } });
    expect(await outstanding()).toEqual({ why: asked.why });
    await tasks('update', taskId, { inputResponses: { why: accept({ why: 7 }) } });
    expect(await outstanding()).toEqual(asked);
    await tasks('update', taskId, { inputResponses: { yes: { action: 'decline' }, why: accept({ why: 'because' }) } });
    expect((await tasks('get', taskId)).message.result).toMatchObject({
      status: 'completed',
      result: { structuredContent: { result: { said: 'because' } } },
    });
  });

  test('that has to be one is refused to a client that takes none', async () => {
    const { status, message } = await send(modern('tools/call', { name: 'start_asking', arguments: {} }));
    expect(status).toBe(400);
    expect(message.error).toMatchObject({
      code: -32_021,
      data: { requiredCapabilities: { elicitation: {}, extensions: { [TASKS]: {} } } },
    });
  });

  test('is cancelled, as often as one likes', async () => {
    const { message } = await call(3);
    const { taskId } = message.result;
    for (const _ of [1, 2]) {
      const cancelled = await tasks('cancel', taskId);
      expect(cancelled.message).toMatchObject({ result: { resultType: 'complete' } });
    }
    expect((await tasks('get', taskId)).message.result).toMatchObject({ taskId, status: 'cancelled' });
  });

  test.each(['get', 'cancel', 'update'])(
    'tasks/%s of an unknown task is refused as invalid parameters, whatever its id looks like',
    async (method) => {
      const unknown = `job_${'0'.repeat(32)}`;
      const { status, message } = await tasks(method, unknown, { inputResponses: {} });
      expect([status, message.error.code]).toEqual([200, -32_602]);
      for (const other of ['job_unknown', `job_${'a'.repeat(300)}`, 'x']) {
        const answer = await tasks(method, other, { inputResponses: {} });
        expect(answer).toEqual({ status, message: { ...message, id: answer.message.id } });
      }
    },
  );

  test('says that the queue is down where it is to be delivered again, and goes on when it is back', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    });
    const sent: string[] = [];
    let isDown = false;
    const jobs: JobQueue = {
      kind: 'flaky',
      send: async (jobId) => {
        if (isDown) throw new QueueUnavailable('flaky', new Error('secret cause'));
        sent.push(jobId);
      },
    };
    server = createServer(surface, { ...memoryPlatform(), state: memoryStore(), jobs }, { loopback: true });
    const { taskId } = (
      await send(
        modern('tools/call', {
          name: 'start_asking',
          arguments: {},
          _meta: { ...OPT_IN, [CAPABILITIES]: { ...OPT_IN[CAPABILITIES], elicitation: {} } },
        }),
      )
    ).message.result;
    isDown = true;
    vi.setSystemTime(Date.now() + 31_000);
    const words = 'The job queue "flaky" is unavailable. Try again in a moment.';
    expect((await tasks('get', taskId)).message.error).toEqual({ code: -32_603, message: words });
    isDown = false;
    await server.runJob(taskId);
    const inputResponses = { yes: { action: 'decline' }, why: { action: 'decline' } };
    isDown = true;
    expect((await tasks('update', taskId, { inputResponses })).message.error.message).toBe(words);
    isDown = false;
    vi.setSystemTime(Date.now() + 31_000);
    expect((await tasks('get', taskId)).message.result.status).toBe('working');
    expect(sent).toEqual([taskId, taskId]);
  });

  test.each(['get', 'cancel', 'update'])(
    'tasks/%s without the capability is refused, and says which',
    async (method) => {
      const { status, message } = await tasks(method, 'job_unknown', {}, ENVELOPE);
      expect(status).toBe(400);
      expect(message.error).toMatchObject({
        code: -32_021,
        data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
      });
    },
  );

  test.each(['list', 'result'])('there is no tasks/%s', async (method) => {
    expect((await tasks(method, 'job_unknown')).message.error).toMatchObject({ code: -32_601 });
  });

  test('the name header has to be the task’s', async () => {
    const { status, message } = await send(
      modern('tasks/get', { taskId: 'job_1', _meta: OPT_IN }, { 'mcp-name': 'job_2' }),
    );
    expect(status).toBe(400);
    expect(message.error).toMatchObject({ code: -32_020 });
  });
});
