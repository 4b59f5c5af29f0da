import { beforeEach, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE, MODERN, modern, post } from './requests.ts';

type Case = readonly [name: string, request: () => Request];

const call = (name: unknown, args?: unknown, headers = {}, id: unknown = 1) =>
  modern('tools/call', { name, ...(args !== undefined && { arguments: args }) }, headers, id);
const raw = (body: unknown, headers = {}) =>
  post(JSON.stringify(body), { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list', ...headers });
const meta = { _meta: ENVELOPE };

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
  ['a call', () => call('add', { a: 1, b: 2 })],
  ['a call with a large id', () => call('add', { a: 1, b: 2 }, {}, 9_007_199_254_740_991)],
  ['a call with defaults', () => call('greet')],
  ['a call with content of its own', () => call('greet', { name: 'Zo\u00eb \u{1f600}' })],
  ['a call with unknown arguments', () => call('add', { a: 1, b: 2, c: 3 })],
  ['a call with missing arguments', () => call('add', { a: 1 })],
  ['a call with no arguments where some are needed', () => call('add')],
  ['a call with arguments of the wrong type', () => call('add', { a: '1', b: [] })],
  ['a call with arguments that are an array', () => call('add', [1, 2])],
  ['a call with arguments that are null', () => call('add', null)],
  ['a call with arguments that are a string', () => call('add', 'a=1')],
  [
    'a call with __proto__ among its arguments',
    () =>
      post(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"__proto__":{"a":1},"b":2},"_meta":${JSON.stringify(ENVELOPE)}}}`,
        { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'add' },
      ),
  ],
  ['a call that fails', () => call('refuse', {})],
  ['a call that throws', () => call('explode', { how: 'error' })],
  ['a call whose store is down', () => call('explode', { how: 'store' })],
  ['a call whose output breaks its schema', () => call('explode', { how: 'output' })],
  ['a call that keeps state', () => call('remember', { value: 'x' })],
  ['a call that could report progress', () => call('count', {})],
  ['a call of an unknown tool', () => call('nope', {})],
  ['a call of a tool named like an object member', () => call('constructor', {})],
  ['a call without a name', () => modern('tools/call', { arguments: {} })],
  ['a call with a name that is a number', () => call(7, {})],
  ['a call with an empty name', () => call('', {})],
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
  [
    'a call with trace context',
    () =>
      modern('tools/call', {
        name: 'add',
        arguments: { a: 1, b: 2 },
        _meta: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      }),
  ],
  ['a call without the Mcp-Name header', () => call('add', { a: 1, b: 2 }, { 'mcp-name': undefined })],
  ['a call with another Mcp-Name', () => call('add', { a: 1, b: 2 }, { 'mcp-name': 'greet' })],
  ['a call with an encoded Mcp-Name', () => call('add', { a: 1, b: 2 }, { 'mcp-name': '=?base64?YWRk?=' })],
  ['a call with a badly encoded Mcp-Name', () => call('add', { a: 1, b: 2 }, { 'mcp-name': '=?base64?%%%?=' })],
  ['a call without the Mcp-Method header', () => call('add', { a: 1, b: 2 }, { 'mcp-method': undefined })],
  ['a call with another Mcp-Method', () => call('add', { a: 1, b: 2 }, { 'mcp-method': 'tools/list' })],
  ['a call without the version header', () => call('add', { a: 1, b: 2 }, { 'mcp-protocol-version': undefined })],
  ['a call with a 2025 version header', () => call('add', { a: 1, b: 2 }, { 'mcp-protocol-version': '2025-11-25' })],
  [
    'a call with an unknown version header',
    () => call('add', { a: 1, b: 2 }, { 'mcp-protocol-version': '2099-01-01' }),
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
];

describe('the fast path and the SDK path give the same answer to', () => {
  let fast: ReturnType<typeof createServer>;
  let sdk: ReturnType<typeof createServer>;
  beforeEach(() => {
    fast = createServer(fixtureSurface, memoryPlatform({ LOG_LEVEL: 'error' }), { loopback: true });
    sdk = createServer(fixtureSurface, memoryPlatform({ LOG_LEVEL: 'error' }), { loopback: true, fastPath: false });
  });

  test.each(cases)('%s', async (_name, request) => {
    const [one, other] = await Promise.all([fast.fetch(request()), sdk.fetch(request())]);
    expect(await describeResponse(one)).toEqual(await describeResponse(other));
  });
});

async function describeResponse(response: Response) {
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: text === '' ? '' : JSON.parse(text),
  };
}
