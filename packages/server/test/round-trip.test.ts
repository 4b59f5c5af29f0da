import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer, type McpServer } from '../src/index.ts';
import { mcpEndpoint } from '../src/protocol/mcp-endpoint.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { legacy, messageOf, modern } from './requests.ts';

const KEY = 'a key of the tests that has more than 32 bytes';
const OTHER_KEY = 'another key of the tests that is long enough too';
const ACCEPTED = { confirmation: { action: 'accept', content: { confirm: true } } };
const FORMS = { elicitation: { form: {} } };
const REFUSED = {
  code: -32_602,
  message: 'Invalid or expired requestState',
  data: { reason: 'invalid_request_state' },
};

const asked = z.looseObject({
  resultType: z.literal('input_required'),
  inputRequests: z.record(z.string(), z.looseObject({ method: z.string() })),
  requestState: z.string(),
});

function serverWith(environment: Record<string, string> = {}, store = memoryStore()): McpServer {
  return createServer(fixtureSurface, memoryPlatform(environment, store), { loopback: true });
}

function callOf(params: object = {}, capabilities: object = FORMS): Request {
  const _meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  return modern('tools/call', { name: 'remove', arguments: { what: 'it' }, _meta, ...params });
}

async function answer(server: Pick<McpServer, 'fetch'>, request: Request) {
  const response = await server.fetch(request);
  const message = z
    .object({ result: z.unknown().optional(), error: z.unknown().optional() })
    .parse(await messageOf(response));
  return { status: response.status, ...message };
}

/** The state that the first round of a call hands over. */
async function stateOf(server: McpServer, params: object = {}): Promise<string> {
  return asked.parse((await answer(server, callOf(params))).result).requestState;
}

describe('a call that asks', () => {
  let server: McpServer;
  beforeEach(() => {
    server = serverWith();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is answered with the question and a sealed state, and completed with both', async () => {
    const first = await answer(server, callOf());
    expect(first).toMatchObject({
      status: 200,
      result: {
        resultType: 'input_required',
        inputRequests: {
          confirmation: {
            method: 'elicitation/create',
            params: {
              mode: 'form',
              message: 'Remove it?',
              requestedSchema: { type: 'object', properties: { confirm: { type: 'boolean' } }, required: ['confirm'] },
            },
          },
        },
      },
    });
    const { requestState } = asked.parse(first.result);
    const { result } = await answer(server, callOf({ inputResponses: ACCEPTED, requestState }));
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: { removed: true, rounds: 1 } });
  });

  test('asks again where the answer is missing or none, and ignores what nobody asked', async () => {
    const requestState = await stateOf(server);
    for (const inputResponses of [{}, { confirmation: 7 }, { other: { action: 'accept', content: {} } }]) {
      const again = asked.parse((await answer(server, callOf({ inputResponses, requestState }))).result);
      expect(again.requestState).not.toBe(requestState);
    }
    const inputResponses = { ...ACCEPTED, other: { action: 'accept', content: {} } };
    const { result } = await answer(server, callOf({ inputResponses, requestState }));
    expect(result).toMatchObject({ structuredContent: { removed: true } });
  });

  test('takes the same arguments in another order for the same call', async () => {
    const requestState = await stateOf(server, { arguments: { what: 'it', more: { a: 1, b: 2 } } });
    const swapped = { arguments: { more: { b: 2, a: 1 }, what: 'it' }, inputResponses: ACCEPTED, requestState };
    expect((await answer(server, callOf(swapped))).result).toMatchObject({ structuredContent: { removed: true } });
  });

  test.each([
    ['changed at its end', (state: string) => `${state}-TAMPERED`],
    ['changed in its middle', (state: string) => state.replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`)],
    ['cut', (state: string) => state.slice(0, -1)],
    ['empty', () => ''],
    ['of another version', (state: string) => state.replace('v1.', 'v2.')],
  ])('refuses a state that is %s', async (_how, change) => {
    const requestState = change(await stateOf(server));
    expect((await answer(server, callOf({ inputResponses: ACCEPTED, requestState }))).error).toEqual(REFUSED);
  });

  test.each([
    ['other arguments', { arguments: { what: 'that' } }],
    ['another tool', { name: 'survey' }],
    ['a tool that asks nothing', { name: 'add', arguments: { a: 1, b: 2 } }],
  ])('refuses a state that comes with %s', async (_what, params) => {
    const requestState = await stateOf(server);
    const replayed = callOf({ inputResponses: ACCEPTED, requestState, ...params });
    expect((await answer(server, replayed)).error).toEqual(REFUSED);
  });

  test('refuses a state of another principal, in the same words', async () => {
    const endpoint = mcpEndpoint(server.service, { maxBodyBytes: 1024 * 1024, fastPath: true });
    const by = (id: string) => ({
      fetch: (request: Request) =>
        endpoint.fetch(request, { requestId: 'r', principal: { id }, signal: () => request.signal }),
    });
    const { requestState } = asked.parse((await answer(by('alice'), callOf())).result);
    const confirmed = { inputResponses: ACCEPTED, requestState };
    expect((await answer(by('bob'), callOf(confirmed))).error).toEqual(REFUSED);
    expect((await answer(by('alice'), callOf(confirmed))).result).toMatchObject({ resultType: 'complete' });
  });

  test('refuses a state after ten minutes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const requestState = await stateOf(server);
    vi.setSystemTime(Date.now() + 599_000);
    const confirmed = { inputResponses: ACCEPTED, requestState };
    expect((await answer(server, callOf(confirmed))).result).toMatchObject({ resultType: 'complete' });
    vi.setSystemTime(Date.now() + 3_000);
    expect((await answer(server, callOf(confirmed))).error).toEqual(REFUSED);
  });

  test.each([
    ['nothing', {}],
    ['only addresses to open', { elicitation: { url: {} } }],
  ])('refuses a client that declares %s, and names the capability', async (_what, capabilities) => {
    const { status, error } = await answer(server, callOf({}, capabilities));
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { elicitation: { form: {} } } } });
  });

  test('takes an elicitation without a mode for forms', async () => {
    expect((await answer(server, callOf({}, { elicitation: {} }))).result).toMatchObject({
      resultType: 'input_required',
    });
  });

  test('fails before it asks where it cannot be done anyway, whoever calls', async () => {
    const params = { name: 'remove', arguments: { what: 'nothing' } };
    for (const request of [callOf(params, {}), legacy('tools/call', params)]) {
      expect((await answer(server, request)).result).toMatchObject({
        isError: true,
        content: [{ text: 'There is nothing to remove.' }],
      });
    }
  });

  test('is a tool error for a client of the 2025 era, which cannot be asked without a session', async () => {
    const { status, result } = await answer(
      server,
      legacy('tools/call', { name: 'remove', arguments: { what: 'it' } }),
    );
    expect(status).toBe(200);
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('only in a session') }] });
    expect(result).toMatchObject({ content: [{ text: expect.stringContaining('2026-07-28') }] });
  });

  test('asks several things at once, those that the client can answer', async () => {
    const survey = (capabilities: object, more: object = {}) =>
      answer(server, callOf({ name: 'survey', arguments: {}, ...more }, capabilities));
    const all = { elicitation: { form: {} }, sampling: {}, roots: {} };
    expect((await survey(all)).result).toMatchObject({
      inputRequests: {
        confirmation: { method: 'elicitation/create' },
        haiku: { method: 'sampling/createMessage', params: { maxTokens: 9 } },
        where: { method: 'roots/list' },
      },
    });
    const some = z.object({ inputRequests: z.object({}).loose() }).parse((await survey({ sampling: {} })).result);
    expect(Object.keys(some.inputRequests)).toEqual(['haiku']);
    const inputResponses = {
      haiku: { role: 'assistant', content: { type: 'text', text: 'Snow' }, model: 'm' },
      where: { roots: [{ uri: 'file:///a' }] },
    };
    expect((await survey(all, { inputResponses })).result).toMatchObject({
      structuredContent: { answers: ['haiku', 'where'] },
    });
  });

  test('is a bug where the tool does not declare it: the client gets a tool error', async () => {
    const { result } = await answer(server, callOf({ name: 'rash', arguments: {} }));
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('failed unexpectedly') }],
    });
  });
});

describe('a prompt that asks', () => {
  const params = {
    name: 'toast',
    arguments: { whom: 'Ada' },
    _meta: { 'io.modelcontextprotocol/clientCapabilities': FORMS },
  };

  test('is rendered once it is answered', async () => {
    const server = serverWith();
    expect((await answer(server, modern('prompts/get', params))).result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { confirmation: { params: { message: 'To Ada?' } } },
    });
    const { result } = await answer(server, modern('prompts/get', { ...params, inputResponses: ACCEPTED }));
    expect(result).toMatchObject({ messages: [{ content: { text: 'To Ada!' } }] });
  });

  test('is an error for a client of the 2025 era', async () => {
    const { name, arguments: args } = params;
    const { error } = await answer(serverWith(), legacy('prompts/get', { name, arguments: args }));
    expect(error).toMatchObject({ code: -32_600, message: expect.stringContaining('only in a session') });
  });
});

describe('the key of request states', () => {
  const finish = async (server: McpServer, requestState: string) =>
    answer(server, callOf({ inputResponses: ACCEPTED, requestState }));

  test('lets any server that has it finish what another began', async () => {
    const requestState = await stateOf(serverWith({ REQUEST_STATE_KEY: KEY }));
    const { result } = await finish(serverWith({ REQUEST_STATE_KEY: KEY }), requestState);
    expect(result).toMatchObject({ structuredContent: { removed: true } });
    const { error } = await finish(serverWith({ REQUEST_STATE_KEY: OTHER_KEY }), requestState);
    expect(error).toEqual(REFUSED);
  });

  test('is changed with the old one behind a comma', async () => {
    const before = await stateOf(serverWith({ REQUEST_STATE_KEY: KEY }));
    const both = serverWith({ REQUEST_STATE_KEY: `${OTHER_KEY}, ${KEY}` });
    expect((await finish(both, before)).result).toMatchObject({ structuredContent: { removed: true } });
    const after = serverWith({ REQUEST_STATE_KEY: OTHER_KEY });
    expect((await finish(after, await stateOf(both))).result).toMatchObject({ structuredContent: { removed: true } });
  });

  test('is minted once where none is set, and found by every server on the same store', async () => {
    const store = memoryStore();
    const servers = Array.from({ length: 4 }, () => serverWith({}, store));
    const states = await Promise.all(servers.map((server) => stateOf(server)));
    for (const [index, state] of states.entries()) {
      const other = servers[(index + 1) % servers.length] ?? serverWith({}, store);
      expect((await finish(other, state)).result).toMatchObject({ structuredContent: { removed: true } });
    }
    expect((await finish(serverWith(), states[0] ?? '')).error).toEqual(REFUSED);
  });

  test('is read only for a call that asks', async () => {
    const store = memoryStore();
    const get = vi.spyOn(store, 'get');
    const server = serverWith({}, store);
    await answer(server, modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }));
    await answer(server, callOf({ arguments: { what: 'nothing' } }));
    expect(get).not.toHaveBeenCalled();
    await stateOf(server);
    await stateOf(server);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test('that cannot be read, because the store is down, is an error that names the store, and no broken answer', async () => {
    const store = memoryStore();
    const requestState = await stateOf(serverWith({}, store));
    const down = { ...store, get: () => Promise.reject(new StoreUnavailable('memory', new Error('10.0.0.7 refused'))) };
    const server = serverWith({ LOG_LEVEL: 'error' }, down);
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const unavailable = 'The state store "memory" is unavailable. Try again in a moment.';
    expect(await answer(server, callOf())).toMatchObject({
      status: 200,
      result: { isError: true, content: [{ text: unavailable }] },
    });
    expect(await finish(server, requestState)).toMatchObject({
      status: 200,
      error: { code: -32_603, message: unavailable },
    });
    log.mockRestore();
  });

  test.each(['hunter2', `${KEY}, hunter2`])('is refused at the start where it is too short: %s', (value) => {
    expect(() => serverWith({ REQUEST_STATE_KEY: value })).toThrow(
      /^Invalid environment variable REQUEST_STATE_KEY: the server refuses it: give a secret of at least 32 bytes/,
    );
    expect(() => serverWith({ REQUEST_STATE_KEY: value })).not.toThrow(/hunter2/);
  });
});
