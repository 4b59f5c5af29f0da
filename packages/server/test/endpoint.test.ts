import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { defineTool, text, withContent } from '@mcp-everywhere/tools';
import { isJSONRPCErrorResponse } from '@modelcontextprotocol/server';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE, legacy, MODERN, messageOf, modern, post } from './requests.ts';

const server = createServer(fixtureSurface, memoryPlatform(), { loopback: true });

describe('a tool call', () => {
  test('answers with structured content and the same as text, in the modern era', async () => {
    const response = await server.fetch(modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [{ type: 'text', text: '{"sum":3}' }],
        structuredContent: { sum: 3 },
        resultType: 'complete',
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'fixture', version: '1.2.3', title: 'Fixture' } },
      },
    });
  });

  test('answers a 2025-era client without a session', async () => {
    const response = await server.fetch(legacy('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }));
    expect(await messageOf(response)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: '{"sum":3}' }], structuredContent: { sum: 3 } },
    });
  });

  test('names every argument that does not fit, as an error the model can act on', async () => {
    const response = await server.fetch(modern('tools/call', { name: 'add', arguments: { a: 'x' } }));
    expect(await response.json()).toMatchObject({
      result: {
        isError: true,
        content: [
          {
            text: 'Invalid arguments for tool "add": a: Invalid input: expected number, received string; b: Invalid input: expected number, received undefined',
          },
        ],
      },
    });
  });

  test.each(['error', 'store', 'output'])('that throws (%s) says nothing of its inside', async (how) => {
    const body = await (await server.fetch(modern('tools/call', { name: 'explode', arguments: { how } }))).text();
    expect(JSON.parse(body).result.isError).toBe(true);
    expect(body).not.toMatch(/hunter2|10\.0\.0\.7|\.ts|node_modules|at Object/);
  });

  test('whose store is down names the store', async () => {
    const response = await server.fetch(modern('tools/call', { name: 'explode', arguments: { how: 'store' } }));
    expect(await response.json()).toMatchObject({
      result: { content: [{ text: 'The state store "memory" is unavailable. Try again in a moment.' }] },
    });
  });

  test('keeps its state between requests, of both eras', async () => {
    await server.fetch(modern('tools/call', { name: 'remember', arguments: { value: 'one' } }));
    const response = await server.fetch(legacy('tools/call', { name: 'remember', arguments: { value: 'two' } }));
    expect(await messageOf(response)).toMatchObject({ result: { structuredContent: { before: 'one' } } });
  });

  test('streams progress to a client that asked for it', async () => {
    const request = modern('tools/call', { name: 'count', arguments: {}, _meta: { progressToken: 'p' } });
    const events = (await (await server.fetch(request)).text()).match(/^data: .*$/gm) ?? [];
    const messages = events.map((event) => JSON.parse(event.slice('data: '.length)));
    expect(messages.map(({ params }) => params?.progress)).toEqual([1, 2, 3, undefined]);
    expect(messages.at(-1)).toMatchObject({ id: 1, result: { structuredContent: { counted: 3 } } });
  });
});

describe('what a tool tells its client', () => {
  const announce = (_meta: object) => modern('tools/call', { name: 'announce', arguments: {}, _meta });
  const told = async (request: Request) => {
    const response = await server.fetch(request);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
    return lines.map((line) => JSON.parse(line.slice('data: '.length))).filter(({ method }) => method !== undefined);
  };
  const message = (level: string, data: string) => ({ method: 'notifications/message', params: { level, data } });

  test('reaches one of the modern era from the level on that it asks for', async () => {
    const level = (logLevel: string) => ({ 'io.modelcontextprotocol/logLevel': logLevel });
    expect(await told(announce(level('debug')))).toMatchObject([
      message('debug', 'small'),
      message('warning', 'large'),
    ]);
    expect(await told(announce(level('info')))).toMatchObject([message('warning', 'large')]);
    expect(await told(announce({}))).toEqual([]);
  });

  test('reaches one of the 2025 era, which may name a level though there is no session to keep it in', async () => {
    const set = await server.fetch(legacy('logging/setLevel', { level: 'debug' }));
    expect(await messageOf(set)).toMatchObject({ result: {} });
    const call = legacy('tools/call', { name: 'announce', arguments: {} });
    expect(await told(call)).toMatchObject([message('debug', 'small'), message('warning', 'large')]);
  });

  test('is advertised where a tool does, and only there', async () => {
    const capabilitiesOf = async (surface: typeof fixtureSurface) => {
      const quiet = createServer(surface, memoryPlatform(), { loopback: true });
      const discovered = await messageOf(await quiet.fetch(modern('server/discover')));
      return (discovered as { result: { capabilities: object } }).result.capabilities;
    };
    expect(await capabilitiesOf(fixtureSurface)).toHaveProperty('logging');
    const tools = fixtureSurface.tools.filter(({ name }) => name !== 'announce');
    expect(await capabilitiesOf({ ...fixtureSurface, tools })).not.toHaveProperty('logging');
  });
});

describe('a tool that needs its client to be able to do something', () => {
  test('is refused to one that does not say so, which is told everything that is missing', async () => {
    const response = await server.fetch(modern('tools/call', { name: 'ponder', arguments: {} }));
    expect(response.status).toBe(400);
    expect(await messageOf(response)).toMatchObject({
      error: { code: -32_021, data: { requiredCapabilities: { sampling: {}, elicitation: {} } } },
    });
  });

  test('is refused to a 2025-era client, which has no session to say so in', async () => {
    const answer = await messageOf(await server.fetch(legacy('tools/call', { name: 'ponder', arguments: {} })));
    expect(answer).toMatchObject({ error: { code: -32_021 } });
  });
});

test('a resource of bytes comes in base64, listed under its own URI', async () => {
  const listed = await messageOf(await server.fetch(modern('resources/list')));
  expect(listed).toMatchObject({ result: { resources: [{ uri: 'note://list', name: 'notes' }] } });
  const read = await messageOf(await server.fetch(modern('resources/read', { uri: 'note://list' })));
  expect(read).toMatchObject({ result: { contents: [{ uri: 'note://list', blob: 'YWxwaGE=' }] } });
});

describe('what is refused', () => {
  type Refused = readonly [what: string, request: () => Request, status: number, code: number, id: unknown];
  const meta = { _meta: ENVELOPE };
  const refused: readonly Refused[] = [
    ['malformed JSON', () => post('{"id":1,'), 400, -32_700, undefined],
    ['an empty body', () => post(''), 400, -32_700, undefined],
    ['a wrong content type', () => modern('tools/list', {}, { 'content-type': 'text/plain' }, 7), 415, -32_000, 7],
    ['no content type', () => modern('tools/list', {}, { 'content-type': undefined }, 7), 415, -32_000, 7],
    ['a body that is no message', () => post('[1]'), 400, -32_600, undefined],
    [
      'a batch of the modern era',
      () => post(JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'tools/list', params: meta }])),
      400,
      -32_600,
      undefined,
    ],
    [
      'a header that contradicts the body',
      () => modern('tools/list', {}, { 'mcp-method': 'tools/call' }, 'a'),
      400,
      -32_020,
      'a',
    ],
    [
      'another tool in the header than in the body',
      () => modern('tools/call', { name: 'add' }, { 'mcp-name': 'greet' }, 9),
      400,
      -32_020,
      9,
    ],
    [
      'an unsupported revision',
      () =>
        modern(
          'tools/list',
          { _meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } },
          { 'mcp-protocol-version': '2031-01-01' },
          5,
        ),
      400,
      -32_022,
      5,
    ],
    [
      'an unsupported version of the 2025 era',
      () => legacy('tools/list', {}, { 'mcp-protocol-version': '1999-01-01' }, 6),
      400,
      -32_022,
      6,
    ],
    [
      'a 2025-era request that takes no stream',
      () => legacy('tools/list', {}, { accept: 'application/json' }, 8),
      406,
      -32_000,
      8,
    ],
    ['an id that is no whole number', () => modern('tools/list', {}, {}, 0.5), 400, -32_600, undefined],
    ['the same in the 2025 era', () => legacy('tools/list', {}, {}, 0.5), 400, -32_600, undefined],
    ['an id too large to be told from its neighbours', () => legacy('ping', {}, {}, 1e29), 400, -32_600, undefined],
    ['an unknown method', () => modern('no/such', {}, {}, 11), 404, -32_601, 11],
    ['an unknown tool', () => modern('tools/call', { name: 'nope' }, {}, 12), 200, -32_602, 12],
    ['an unknown resource', () => modern('resources/read', { uri: 'note://zeta' }, {}, 13), 200, -32_602, 13],
    ['an unknown prompt', () => modern('prompts/get', { name: 'zeta' }, {}, 14), 200, -32_602, 14],
    [
      'a completion for what is no variable of the template',
      () =>
        modern(
          'completion/complete',
          { ref: { type: 'ref/resource', uri: 'note://{id}' }, argument: { name: 'page', value: 'a' } },
          {},
          19,
        ),
      200,
      -32_602,
      19,
    ],
    ['a foreign Origin', () => modern('tools/list', {}, { origin: 'https://evil.example' }, 15), 403, -32_000, 15],
    ['an opaque Origin', () => modern('tools/list', {}, { origin: 'null' }, 16), 403, -32_000, 16],
    ['a foreign Host', () => modern('tools/list', {}, { host: 'evil.example' }, 17), 403, -32_000, 17],
    [
      'a Host with a user name',
      () => modern('tools/list', {}, { host: 'evil.example@localhost' }, 20),
      403,
      -32_000,
      20,
    ],
    ['a Host with a path', () => modern('tools/list', {}, { host: 'localhost/evil.example' }, 21), 403, -32_000, 21],
    ['no Host', () => modern('tools/list', {}, { host: undefined }, 18), 403, -32_000, 18],
  ];

  test.each(refused)('%s', async (_what, request, status, code, id) => {
    const response = await server.fetch(request());
    const body: unknown = await response.json();
    expect(response.status).toBe(status);
    expect(isJSONRPCErrorResponse(body)).toBe(true);
    expect(body).toMatchObject({ jsonrpc: '2.0', error: { code } });
    expect(body).toHaveProperty('error.message', expect.stringMatching(/\w{4,}/));
    expect(typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined).toBe(id);
    expect(response.headers.get('x-request-id')).toBe('req-1');
  });

  test.each([
    ['declared', { 'content-length': '70000' }],
    ['undeclared', {}],
  ])('a body over the limit, %s', async (_how, headers) => {
    const small = createServer(fixtureSurface, memoryPlatform({ MCP_MAX_BODY_BYTES: '65536' }), { loopback: true });
    const response = await small.fetch(post(`"${'x'.repeat(70_000)}"`, headers));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('65536 bytes') } });
  });

  test('a body over the limit only once it has been read to its end, so that its connection can go on', async () => {
    let left = 64;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        left -= 1;
        controller.enqueue(new Uint8Array(64 * 1024));
        if (left === 0) controller.close();
      },
    });
    const init = {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      body,
      duplex: 'half',
    };
    expect((await server.fetch(new Request('http://localhost/mcp', init))).status).toBe(413);
    expect(left).toBe(0);
  });

  test.each(['GET', 'DELETE', 'PUT'])('%s on the endpoint, with what is allowed', async (method) => {
    const response = await server.fetch(
      new Request('http://localhost/mcp', { method, headers: { host: 'localhost' } }),
    );
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('an unknown path, with where to go', async () => {
    const response = await server.fetch(new Request('http://localhost/nope', { headers: { host: 'localhost' } }));
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/mcp');
  });
});

describe('an output that has no JSON', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const odd = (name: string, run: () => { value: unknown } | ReturnType<typeof withContent<{ value: unknown }>>) =>
    defineTool({
      name,
      title: name,
      description: name,
      input: z.object({}),
      output: z.object({ value: z.unknown() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
      run,
    });
  const tools = [
    odd('bigint', () => ({ value: 1n })),
    odd('cycle', () => ({ value: cycle })),
    odd('bigint-with-content', () => withContent({ value: 1n }, [text('one')])),
  ];

  for (const fastPath of [true, false]) {
    const odd = createServer({ ...fixtureSurface, tools }, memoryPlatform(), { loopback: true, fastPath });
    test.each(tools)(`is a tool error, fast path ${fastPath ? 'on' : 'off'}: $name`, async ({ name }) => {
      const response = await odd.fetch(modern('tools/call', { name }, {}, 3));
      expect(await response.json()).toMatchObject({ id: 3, result: { isError: true } });
    });
  }
});

describe('a server that was closed', () => {
  test.each([
    ['the fast path', () => modern('tools/list', {}, {}, 4)],
    ['the SDK path', () => modern('resources/read', { uri: 'note://alpha' }, {}, 4)],
    ['the 2025 era', () => legacy('tools/list', {}, {}, 4)],
  ])('refuses messages of %s with 503', async (_which, request) => {
    const closing = createServer(fixtureSurface, memoryPlatform(), { loopback: true });
    await closing.close();
    const response = await closing.fetch(request());
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ id: 4, error: { code: -32_000 } });
  });
});

describe('a client that goes away', () => {
  const waiting = defineTool({
    name: 'wait',
    title: 'Wait',
    description: 'Waits until the client goes away.',
    input: z.object({}),
    output: z.object({}),
    annotations: { readOnlyHint: true, openWorldHint: false },
    run: (_args, { signal }) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        started.resolve();
      }),
  });
  const started = Promise.withResolvers<void>();

  test('ends its call, and leaves no error in the log', async () => {
    const logged = vi.spyOn(console, 'error');
    const abandoned = createServer({ ...fixtureSurface, tools: [waiting] }, memoryPlatform(), { loopback: true });
    const client = new AbortController();
    const answer = abandoned.fetch(new Request(modern('tools/call', { name: 'wait' }), { signal: client.signal }));
    await started.promise;
    client.abort();
    expect(await (await answer).json()).toMatchObject({ result: { isError: true } });
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });

  test('in the middle of a body leaves no error in the log either', async () => {
    const logged = vi.spyOn(console, 'error');
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('the connection was closed')) });
    const init = { method: 'POST', headers: { host: 'localhost' }, body, duplex: 'half' };
    await server.fetch(new Request('http://localhost/mcp', init));
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });
});

describe('browsers', () => {
  const preflight = (origin: string) =>
    new Request('http://localhost/mcp', {
      method: 'OPTIONS',
      headers: {
        host: 'localhost',
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,mcp-method',
      },
    });

  test('on an allowed page may call', async () => {
    const response = await server.fetch(preflight('http://localhost:6274'));
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
    expect(response.headers.get('access-control-allow-headers')).toContain('mcp-method');
    const call = await server.fetch(modern('tools/list', {}, { origin: 'http://localhost:6274' }));
    expect(call.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
  });

  test('on any other page are refused before they send', async () => {
    const response = await server.fetch(preflight('https://evil.example'));
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('on a page of this machine may call no server that is addressed by a public name', async () => {
    const both = createServer(fixtureSurface, memoryPlatform({ MCP_ALLOWED_HOSTS: 'mcp.example.org' }), {
      loopback: true,
    });
    const from = (host: string) => both.fetch(modern('tools/list', {}, { host, origin: 'http://localhost:6274' }));
    expect((await from('localhost:8080')).status).toBe(200);
    expect((await from('mcp.example.org')).status).toBe(403);
  });

  test('on a listed page may call a server that is not on loopback', async () => {
    const environment = { MCP_ALLOWED_HOSTS: 'mcp.example.org', MCP_ALLOWED_ORIGINS: 'app.example.org' };
    const open = createServer(fixtureSurface, memoryPlatform(environment), { loopback: false });
    const headers = { host: 'mcp.example.org', origin: 'https://app.example.org' };
    expect((await open.fetch(modern('tools/list', {}, headers))).status).toBe(200);
    expect((await open.fetch(modern('tools/list'))).status).toBe(403);
  });

  test('and names are listed in any case, and a whole scheme by its name', async () => {
    const environment = {
      MCP_ALLOWED_HOSTS: 'MCP.Example.org',
      MCP_ALLOWED_ORIGINS: 'App.example.org, moz-extension://*',
    };
    const open = createServer(fixtureSurface, memoryPlatform(environment), { loopback: false });
    for (const origin of ['https://app.example.org', 'moz-extension://6b1f']) {
      expect((await open.fetch(modern('tools/list', {}, { host: 'mcp.example.org', origin }))).status).toBe(200);
    }
  });

  test.each(['example.org:8443', 'https://example.org', 'example.org/mcp', '*.example.org', '::1', 'a b', 'https://*'])(
    'cannot be allowed by "%s", which would never match: the server does not start',
    (entry) => {
      for (const setting of ['MCP_ALLOWED_HOSTS', 'MCP_ALLOWED_ORIGINS']) {
        const start = () => createServer(fixtureSurface, memoryPlatform({ [setting]: entry }), { loopback: false });
        expect(start).toThrow(`Invalid environment variable ${setting}`);
      }
    },
  );
});

test('health answers whatever name the probe uses', async () => {
  const response = await server.fetch(new Request('http://10.1.2.3:8080/healthz', { headers: { host: '10.1.2.3' } }));
  expect(await response.json()).toMatchObject({
    status: 'ok',
    name: 'fixture',
    target: 'node',
    surfaceHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a request keeps the id a proxy gave it, and gets one where it has none or a bad one', async () => {
  const idOf = async (id?: string) =>
    (await server.fetch(modern('tools/list', {}, { 'x-request-id': id }))).headers.get('x-request-id');
  expect(await idOf('abc-1')).toBe('abc-1');
  expect(await idOf()).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idOf('a b"')).toMatch(/^[0-9a-f-]{36}$/);
});

test(`the revision of the tests is the one the SDK serves`, async () => {
  const response = await server.fetch(modern('server/discover'));
  expect(await response.json()).toMatchObject({ result: { supportedVersions: [MODERN] } });
});

test('initialize negotiates, whatever version its header names', async () => {
  const params = { protocolVersion: '2024-01-01', capabilities: {}, clientInfo: { name: 'old', version: '1' } };
  const response = await server.fetch(legacy('initialize', params, { 'mcp-protocol-version': '2024-01-01' }));
  expect(await messageOf(response)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
});

describe('readiness', () => {
  const readyz = new Request('http://10.1.2.3/readyz');

  test('says which engines answer', async () => {
    const response = await server.fetch(readyz);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', stores: { memory: 'ready' } }]);
  });

  test('is 503 while an engine does not answer, and 200 again when it does', async () => {
    let down = true;
    const engine = memoryStore();
    const state = { ...engine, get: (key: string) => (down ? Promise.reject(new Error('10.0.0.7')) : engine.get(key)) };
    const shaky = createServer(fixtureSurface, memoryPlatform({}, state), { loopback: true });
    const response = await shaky.fetch(readyz);
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: 'unavailable', stores: { memory: 'unavailable' } },
    ]);
    down = false;
    expect((await shaky.fetch(readyz)).status).toBe(200);
  });
});
