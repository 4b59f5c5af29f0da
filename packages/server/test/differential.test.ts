import { beforeEach, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { fastPath } from '../src/protocol/fast-path.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE, legacy, MODERN, modern, post } from './requests.ts';

type Case = readonly [name: string, request: () => Request];

const toolCall = (name: unknown, args?: unknown, headers = {}, id: unknown = 1) =>
  modern('tools/call', { name, ...(args !== undefined && { arguments: args }) }, headers, id);
const raw = (body: unknown, headers = {}) =>
  post(JSON.stringify(body), { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list', ...headers });
const withCapabilities = (capabilities: object) => ({ 'io.modelcontextprotocol/clientCapabilities': capabilities });
const meta = { _meta: ENVELOPE };
const asking = {
  name: 'remove',
  arguments: { what: 'it' },
  _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } },
};

const cases: readonly Case[] = [
  ['discover', () => modern('server/discover')],
  ['tools/list', () => modern('tools/list')],
  ['tools/list with a string id', () => modern('tools/list', {}, {}, 'abc "\u00e9"')],
  ['tools/list with id 0', () => modern('tools/list', {}, {}, 0)],
  ['tools/list with an empty id', () => modern('tools/list', {}, {}, '')],
  ['tools/list with a negative id', () => modern('tools/list', {}, {}, -7)],
  ['tools/list with id null', () => modern('tools/list', {}, {}, null)],
  ['tools/list with a fractional id', () => modern('tools/list', {}, {}, 1.5)],
  ['tools/list with a cursor', () => modern('tools/list', { cursor: 'x' })],
  ['tools/list with an unknown parameter', () => modern('tools/list', { verbose: true })],
  ['prompts/list', () => modern('prompts/list')],
  ['prompts/list with a cursor', () => modern('prompts/list', { cursor: 'x' })],
  ['resources/list', () => modern('resources/list')],
  ['resources/list with a cursor', () => modern('resources/list', { cursor: 'x' })],
  ['resources/templates/list', () => modern('resources/templates/list')],
  ['resources/templates/list with a cursor', () => modern('resources/templates/list', { cursor: 'x' })],
  ['a call', () => toolCall('add', { a: 1, b: 2 })],
  ['a call with a large id', () => toolCall('add', { a: 1, b: 2 }, {}, 9_007_199_254_740_991)],
  ['a call with defaults', () => toolCall('greet')],
  ['a call with content of its own', () => toolCall('greet', { name: 'Zo\u00eb \u{1f600}' })],
  ['a call with unknown arguments', () => toolCall('add', { a: 1, b: 2, c: 3 })],
  ['a call with missing arguments', () => toolCall('add', { a: 1 })],
  ['a call with no arguments where some are needed', () => toolCall('add')],
  ['a call with arguments of the wrong type', () => toolCall('add', { a: '1', b: [] })],
  ['a call with arguments that are an array', () => toolCall('add', [1, 2])],
  ['a call with arguments that are null', () => toolCall('add', null)],
  ['a call with arguments that are a string', () => toolCall('add', 'a=1')],
  [
    'a call with __proto__ among its arguments',
    () =>
      post(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"__proto__":{"a":1},"b":2},"_meta":${JSON.stringify(ENVELOPE)}}}`,
        { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'add' },
      ),
  ],
  ['a call that fails', () => toolCall('refuse', {})],
  ['a call that throws', () => toolCall('explode', { how: 'error' })],
  ['a call whose store is down', () => toolCall('explode', { how: 'store' })],
  ['a call whose output breaks its schema', () => toolCall('explode', { how: 'output' })],
  ['a call that keeps state', () => toolCall('remember', { value: 'x' })],
  ['a call that could report progress', () => toolCall('count', {})],
  ['a call that tells a client which does not listen', () => toolCall('announce', {})],
  ['a call whose client has to be able to do more', () => toolCall('ponder', {})],
  [
    'a call whose client is able to do all that it has to',
    () =>
      modern('tools/call', {
        name: 'ponder',
        arguments: {},
        _meta: withCapabilities({ sampling: {}, elicitation: {} }),
      }),
  ],
  ['a call whose argument is mirrored', () => toolCall('locate', { region: 'eu' }, { 'mcp-param-region': 'eu' })],
  ['a call whose argument is not mirrored', () => toolCall('locate', { region: 'eu' })],
  ['a call of an unknown tool', () => toolCall('nope', {})],
  ['a call of a tool named like an object member', () => toolCall('constructor', {})],
  ['a call without a name', () => modern('tools/call', { arguments: {} })],
  ['a call with a name that is a number', () => toolCall(7, {})],
  ['a call with an empty name', () => toolCall('', {})],
  [
    'a call with a parameter the method does not know',
    () => modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 }, extra: 1 }),
  ],
  [
    'a call with input responses nobody asked for',
    () => modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 }, inputResponses: {} }),
  ],
  [
    'a call with a request state that is no string',
    () => modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 }, requestState: 5 }),
  ],
  ['a call that asks', () => toolCall('remove', { what: 'it' })],
  ['a call that asks, of a client that answers', () => modern('tools/call', asking)],
  ['a call that would ask, and fails', () => toolCall('remove', { what: 'nothing' })],
  ['a call that asks without declaring it', () => toolCall('rash', {})],
  ['a call with a request state of nobody', () => modern('tools/call', { ...asking, requestState: 'v1.e30.AAAA' })],
  [
    'a call of a tool that asks nothing, with a request state',
    () => modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 }, requestState: 'v1.e30.AAAA' }),
  ],
  [
    'a call with a response that is none',
    () => modern('tools/call', { ...asking, inputResponses: { confirmation: 7 } }),
  ],
  ['a call with responses that are none', () => modern('tools/call', { ...asking, inputResponses: null })],
  ['a prompt that asks', () => modern('prompts/get', { name: 'toast', arguments: { whom: 'Ada' } })],
  [
    'a call with trace context',
    () =>
      modern('tools/call', {
        name: 'add',
        arguments: { a: 1, b: 2 },
        _meta: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      }),
  ],
  ['a call without the Mcp-Name header', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-name': undefined })],
  ['a call with another Mcp-Name', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-name': 'greet' })],
  ['a call with an encoded Mcp-Name', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-name': '=?base64?YWRk?=' })],
  ['a call with a badly encoded Mcp-Name', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-name': '=?base64?%%%?=' })],
  ['a call without the Mcp-Method header', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-method': undefined })],
  ['a call with another Mcp-Method', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-method': 'tools/list' })],
  ['a call without the version header', () => toolCall('add', { a: 1, b: 2 }, { 'mcp-protocol-version': undefined })],
  [
    'a call with a 2025 version header',
    () => toolCall('add', { a: 1, b: 2 }, { 'mcp-protocol-version': '2025-11-25' }),
  ],
  [
    'a call with an unknown version header',
    () => toolCall('add', { a: 1, b: 2 }, { 'mcp-protocol-version': '2099-01-01' }),
  ],
  [
    'a request of an unknown revision',
    () =>
      modern(
        'tools/list',
        { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
        { 'mcp-protocol-version': '2099-01-01' },
      ),
  ],
  [
    'a request of a 2025 revision in an envelope',
    () =>
      modern(
        'tools/list',
        { _meta: { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' } },
        { 'mcp-protocol-version': '2025-11-25' },
      ),
  ],
  [
    'a revision that is a number',
    () => modern('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': 5 } }),
  ],
  [
    'an envelope without capabilities',
    () =>
      raw({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
        params: { _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN } },
      }),
  ],
  [
    'an envelope with malformed capabilities',
    () => modern('tools/list', { _meta: { 'io.modelcontextprotocol/clientCapabilities': 'all' } }),
  ],
  ['a modern header without an envelope', () => raw({ jsonrpc: '2.0', id: 1, method: 'tools/list' })],
  [
    'a modern header with an empty envelope',
    () => raw({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: {} } }),
  ],
  [
    'initialize under a modern header',
    () => raw({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }, { 'mcp-method': 'initialize' }),
  ],
  ['an unknown method', () => modern('no/such')],
  ['a method of the 2025 era', () => modern('ping')],
  ['logging/setLevel', () => modern('logging/setLevel', { level: 'info' })],
  ['a method named like an object member', () => modern('toString')],
  ['prompts/get', () => modern('prompts/get', { name: 'opener', arguments: { topic: 'rain' } })],
  ['prompts/get without its argument', () => modern('prompts/get', { name: 'opener' })],
  ['prompts/get of an unknown prompt', () => modern('prompts/get', { name: 'nope' })],
  ['resources/read', () => modern('resources/read', { uri: 'note://alpha' })],
  ['resources/read of bytes', () => modern('resources/read', { uri: 'note://list' })],
  ['resources/read of an unknown resource', () => modern('resources/read', { uri: 'note://gamma' })],
  ['resources/read that throws', () => modern('resources/read', { uri: 'note://broken' })],
  [
    'completion',
    () =>
      modern('completion/complete', {
        ref: { type: 'ref/resource', uri: 'note://{id}' },
        argument: { name: 'id', value: 'a' },
      }),
  ],
  [
    'completion of nothing known',
    () =>
      modern('completion/complete', {
        ref: { type: 'ref/resource', uri: 'x://{y}' },
        argument: { name: 'y', value: '' },
      }),
  ],
  [
    'a notification',
    () =>
      raw(
        { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, ...meta } },
        { 'mcp-method': 'notifications/cancelled' },
      ),
  ],
  ['a batch', () => raw([{ jsonrpc: '2.0', id: 1, method: 'tools/list', params: meta }])],
  ['an empty batch', () => raw([])],
  ['a posted response', () => raw({ jsonrpc: '2.0', id: 1, result: {} })],
  ['a request without a method', () => raw({ jsonrpc: '2.0', id: 1, params: meta })],
  ['a request of JSON-RPC 1.0', () => raw({ jsonrpc: '1.0', id: 1, method: 'tools/list', params: meta })],
  ['a request with params that are an array', () => raw({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: [1] })],
  ['a number', () => raw(5)],
  ['null', () => raw(null)],
  ['malformed JSON', () => post('{"jsonrpc":', { 'mcp-protocol-version': MODERN })],
  ['an empty body', () => post('', { 'mcp-protocol-version': MODERN })],
  ['another content type', () => post('{}', { 'content-type': 'text/plain' })],
  ['an envelope with a vendor’s key', () => modern('tools/list', { _meta: { 'com.example/trace': 'abc' } })],
  ['an envelope with a number that is none', () => extended('{"x":{"n":1e999}}')],
  ['an envelope with null where that was', () => extended('{"x":{"n":null}}')],
  ['an envelope that is nested deep', () => extended(`{"x":${'{"a":'.repeat(20_000)}{}${'}'.repeat(20_000)}}`)],
];

/** What seals a request state is the time and the server's own key. */
const SEALED = /"requestState":"v1\.[\w.-]+"/;

/** `tools/list` with extensions in the words of JSON that no value has. */
function extended(extensions: string): Request {
  const envelope = JSON.stringify({ ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': 'here' });
  const _meta = envelope.replace('"here"', `{"extensions":${extensions}}`);
  return post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${_meta}}}`, {
    'mcp-protocol-version': MODERN,
    'mcp-method': 'tools/list',
  });
}

const serverWith = (fastPath: boolean) =>
  createServer(fixtureSurface, memoryPlatform({ LOG_LEVEL: 'error', CACHE_TTL: '60' }), { loopback: true, fastPath });

// Until the SDK is loaded, it judges nothing.
describe.each(['cold', 'warm'])('the fast path, %s, and the SDK path give the same answer to', (temperature) => {
  let fast: ReturnType<typeof createServer>;
  let sdk: ReturnType<typeof createServer>;
  beforeEach(async () => {
    fast = serverWith(true);
    sdk = serverWith(false);
    if (temperature === 'warm') await Promise.all([fast, sdk].map((server) => server.fetch(legacy('tools/list'))));
  });

  test.each(cases)('%s', async (_name, request) => {
    const [one, other] = await Promise.all([fast.fetch(request()), sdk.fetch(request())]);
    expect(await describeResponse(one)).toEqual(await describeResponse(other));
  });
});

test.each([true, false])('the surface may be kept for as long as is configured, fast path or not: %s', async (fast) => {
  for (const method of [
    'server/discover',
    'tools/list',
    'prompts/list',
    'resources/list',
    'resources/templates/list',
  ]) {
    const { result } = await (await serverWith(fast).fetch(modern(method))).json();
    expect(result).toMatchObject({ ttlMs: 60_000, cacheScope: 'public' });
  }
  const { result } = await (await serverWith(fast).fetch(modern('resources/read', { uri: 'note://alpha' }))).json();
  expect(result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
});

describe('the fast path answers', () => {
  const { service } = serverWith(true);
  const call = { requestId: 'r', principal: { id: 'p' }, signal: () => new AbortController().signal };
  const answer = async (request: Request, judge: boolean | undefined) => {
    const header = (name: string) => request.headers.get(name) ?? '';
    return fastPath(service, () => judge)(
      await request.json(),
      {
        httpMethod: 'POST',
        body: undefined,
        protocolVersionHeader: header('mcp-protocol-version'),
        mcpMethodHeader: header('mcp-method'),
        mcpNameHeader: header('mcp-name'),
      },
      call,
    );
  };

  test.each([
    ['the lists', () => modern('tools/list')],
    ['discovery', () => modern('server/discover')],
    ['a call', () => toolCall('add', { a: 1, b: 2 })],
    ['a call that fails', () => toolCall('refuse', {})],
    ['a call whose arguments do not fit', () => toolCall('add', { a: 1 })],
  ])('%s, without the SDK', async (_name, request) => {
    expect(await answer(request(), undefined)).toBeDefined();
  });

  test('a vendor’s envelope once the SDK has judged it, and not before', async () => {
    const odd = () => modern('tools/list', { _meta: { 'com.example/trace': 'abc' } });
    expect(await answer(odd(), undefined)).toBeUndefined();
    expect(await answer(odd(), true)).toBeDefined();
    expect(await answer(odd(), false)).toBeUndefined();
  });
});

async function describeResponse(response: Response) {
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: text === '' ? '' : JSON.parse(text.replace(SEALED, '"requestState":"sealed"')),
  };
}
