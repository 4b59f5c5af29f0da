import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createServer } from '../../src/index.ts';
import { MAX_STREAMS } from '../../src/protocol/held-streams.ts';
import { eventReader } from '../event-reader.ts';
import { fixtureSurface, memoryPlatform } from '../fixture.ts';
import { legacy, messageOf, modern, post } from '../requests.ts';
import { type Instance, twoInstances } from './two-instances.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a session', () => {
  test('is begun on one instance and served by both', async () => {
    const { begin, request } = twoInstances();
    const session = await begin(0);
    expect(session).toMatch(/^[0-9a-f]{32}$/);
    for (const instance of [1, 0, 1] as const) {
      const response = await request(instance, 'tools/call', { name: 'add', arguments: { a: 1, b: 2 } }, { session });
      expect(response.headers.get('mcp-session-id')).toBe(session);
      expect(await messageOf(response)).toMatchObject({ result: { structuredContent: { sum: 3 } } });
    }
  });

  test('has an id of its own each time, also where initialize names one', async () => {
    const { begin } = twoInstances();
    const session = await begin(0);
    const next = await begin(1, { session });
    expect(next).toMatch(/^[0-9a-f]{32}$/);
    expect(next).not.toBe(session);
  });

  const refusals = async (
    two: ReturnType<typeof twoInstances>,
    session: string | undefined,
    principal = 'alice',
    instance: Instance = 1,
  ) => {
    const answers = [
      await two.request(instance, 'tools/list', {}, { ...(session !== undefined && { session }), principal }),
      await two.raw(
        instance,
        { jsonrpc: '2.0', id: '00000000-0000-4000-8000-000000000000', result: {} },
        { ...(session !== undefined && { session }), principal },
      ),
      await two.other(instance, 'GET', { ...(session !== undefined && { session }), principal }),
      await two.other(instance, 'DELETE', { ...(session !== undefined && { session }), principal }),
    ];
    return Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]));
  };
  const notThere = (status: number, error: object) => [
    [status, { jsonrpc: '2.0', id: 1, error }],
    [status, { jsonrpc: '2.0', error }],
    [status, { jsonrpc: '2.0', error }],
    [status, { jsonrpc: '2.0', error }],
  ];

  test('that is unknown, foreign, malformed, ended or expired is answered alike, with 404', async () => {
    const unknown = await refusals(twoInstances(), '0'.repeat(32));
    expect(unknown).toEqual(notThere(404, { code: -32_001, message: expect.stringContaining('Session not found') }));

    const two = twoInstances();
    const foreign = await two.begin(0);
    for (const malformed of ['x', '', '0'.repeat(31), 'Z'.repeat(32), `${foreign}0`, 'x'.repeat(4_000), '../../etc']) {
      expect(await refusals(two, malformed)).toEqual(unknown);
    }
    expect(await refusals(two, foreign, 'bob')).toEqual(unknown);

    const ended = await two.begin(0);
    expect((await two.other(1, 'DELETE', { session: ended })).status).toBe(200);
    expect(await refusals(two, ended, 'alice', 0)).toEqual(unknown);

    // Neither has harmed the session of somebody else.
    expect((await two.request(0, 'ping', {}, { session: foreign })).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + DAY_MS);
    expect(await refusals(two, foreign)).toEqual(unknown);
  });

  test('that is not named is 400, and says what to send', async () => {
    expect(await refusals(twoInstances(), undefined)).toEqual(
      notThere(400, { code: -32_000, message: expect.stringMatching(/Mcp-Session-Id.*initialize/) }),
    );
  });

  test('lives on while it is used', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { begin, request } = twoInstances();
    const session = await begin(0);
    for (let used = 0; used < 4; used++) {
      vi.setSystemTime(Date.now() + 0.6 * DAY_MS);
      expect((await request(used % 2 === 0 ? 1 : 0, 'ping', {}, { session })).status).toBe(200);
    }
  });

  test('serves whatever comes at once, also after a while in which nothing came', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { begin, request } = twoInstances();
    const session = await begin(0);
    vi.setSystemTime(Date.now() + 11 * 60_000);
    const pings = Array.from({ length: 200 }, (_, id) => request(id % 2 === 0 ? 1 : 0, 'ping', {}, { session }, id));
    expect((await Promise.all(pings)).filter(({ status }) => status !== 200)).toEqual([]);
    const levels = ['debug', 'info', 'notice', 'warning'];
    const changes = Array.from({ length: 200 }, (_, id) =>
      request(id % 2 === 0 ? 1 : 0, 'logging/setLevel', { level: levels[id % 4] }, { session }, id),
    );
    expect((await Promise.all(changes)).filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('may be subscribed to 64 resources in one batch, and no more', async () => {
    const { begin, raw, request } = twoInstances();
    const session = await begin(0);
    const subscribe = (uri: string, id: number) => ({
      jsonrpc: '2.0',
      id,
      method: 'resources/subscribe',
      params: { uri },
    });
    const batch = Array.from({ length: 64 }, (_, id) => subscribe(`note://${id}`, id));
    const answers = await eventReader(await raw(0, batch, { session })).rest();
    expect(answers.map(({ result }) => result)).toEqual(batch.map(() => ({})));
    // Neither does it tell whether there is such a resource.
    for (const uri of ['note://64', 'note://secret', 'note://']) {
      const refused = await messageOf(await request(1, 'resources/subscribe', { uri }, { session }));
      expect(refused).toMatchObject({ error: { code: -32_602, message: expect.stringContaining('at most 64') } });
    }
    expect(await messageOf(await request(1, 'resources/subscribe', { uri: 'note://0' }, { session }))).toMatchObject({
      result: {},
    });
  });

  test('is not changed by what is refused', async () => {
    const { begin, request, call } = twoInstances();
    const session = await begin(0);
    const headers = { accept: 'application/json' };
    const refused = await request(0, 'logging/setLevel', { level: 'emergency' }, { session, headers });
    expect(refused.status).toBe(406);
    const told = (await (await call(1, session, 'announce')).rest()).flatMap(({ params }) => params?.level ?? []);
    expect(told).toContain('warning');
  });

  test('is of the version that was agreed on, whatever was asked for', async () => {
    const state = memoryStore();
    const { begin, request, raw } = twoInstances({ state });
    const session = await begin(0, {}, {}, '2099-01-01');
    expect(await state.get(`sessions/${session}`)).toContain('"protocolVersion":"2025-11-25"');
    // Its streams begin with an event to resume from, also where a request does not name it.
    for (const version of [undefined, '2025-11-25']) {
      const headers = { 'mcp-protocol-version': version };
      const params = { name: 'add', arguments: { a: 1, b: 1 } };
      const stream = eventReader(await request(1, 'tools/call', params, { session, headers }));
      expect(await stream.event()).toEqual({ id: expect.any(String), message: undefined });
      await stream.rest();
    }
    const old = await begin(0, {}, {}, '2025-03-26');
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const answered = await raw(1, ping, { session: old, headers: { 'mcp-protocol-version': undefined } });
    expect(await eventReader(answered).event()).toMatchObject({ message: { id: 1, result: {} } });
  });

  test('keeps the log level that was set through the other instance', async () => {
    const { begin, request, call } = twoInstances();
    const session = await begin(0);
    const levels = async (instance: Instance) =>
      (await (await call(instance, session, 'announce')).rest()).flatMap(({ params }) => params?.level ?? []);
    expect(await messageOf(await request(0, 'logging/setLevel', { level: 'warning' }, { session }))).toMatchObject({
      result: {},
    });
    expect(await levels(1)).toEqual(['warning']);
    await messageOf(await request(1, 'logging/setLevel', { level: 'debug' }, { session }));
    expect(await levels(0)).toEqual(['debug', 'warning']);
  });

  test('tells progress in order', async () => {
    const { begin, call } = twoInstances();
    const messages = await (await call(1, await begin(0), 'count')).rest();
    expect(messages.map(({ params, id }) => params?.progress ?? id)).toEqual([1, 2, 3, 1]);
  });

  test('serves the batches of 2025-03-26, replies among requests', async () => {
    const { begin, raw } = twoInstances();
    const session = await begin(0);
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'ping' },
      { jsonrpc: '2.0', id: 99, result: {} },
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      { jsonrpc: '2.0', id: 'b', method: 'tools/call', params: { name: 'add', arguments: { a: 2, b: 2 } } },
    ];
    const response = await raw(1, batch, { session, headers: { 'mcp-protocol-version': '2025-03-26' } });
    const answers = await eventReader(response).rest();
    expect(answers.map(({ id }) => id).sort()).toEqual(['a', 'b']);
    expect(answers.find(({ id }) => id === 'b')).toMatchObject({ result: { structuredContent: { sum: 4 } } });
    const replies = [
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ];
    expect((await raw(0, replies, { session })).status).toBe(202);
  });

  test('takes no batch that is longer than any client sends, and none of its messages', async () => {
    const state = memoryStore();
    const { begin, raw } = twoInstances({ state });
    const session = await begin(0);
    const before = state.size;
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    const response = await raw(
      1,
      Array.from({ length: 101 }, (_, requestId) => ({ ...cancelled, params: { requestId } })),
      { session },
    );
    expect([response.status, await messageOf(response)]).toMatchObject([400, { error: { code: -32_600 } }]);
    expect(state.size).toBe(before);
  });

  test('answers a request whatever text its id is', async () => {
    const { begin, request } = twoInstances();
    const session = await begin(0);
    for (const id of ['mcp-everywhere/session/0', '_GET_stream', '__proto__', '']) {
      expect(await messageOf(await request(1, 'ping', {}, { session }, id))).toMatchObject({ id, result: {} });
    }
  });

  test('leaves the modern era alone, whatever session a request of that names', async () => {
    const { send } = twoInstances();
    for (const request of ['tools/list', 'resources/read'] as const) {
      const params = request === 'tools/list' ? {} : { uri: 'note://alpha' };
      const response = await send(1, modern(request, params, { 'mcp-session-id': 'none' }));
      expect([response.status, response.headers.get('mcp-session-id')]).toEqual([200, null]);
      expect(await messageOf(response)).toMatchObject({ result: { resultType: 'complete' } });
    }
  });
});

describe('initialize', () => {
  test('that is refused leaves no session behind', async () => {
    const state = memoryStore();
    const { initialize } = twoInstances({ state });
    const kept = state.size;
    const response = await initialize(0, { headers: { accept: 'application/json' } });
    expect([response.status, await messageOf(response)]).toMatchObject([406, { id: 1, error: { code: -32_000 } }]);
    expect(state.size).toBe(kept);
  });

  test('that says more of the client than a session holds is refused', async () => {
    const { initialize } = twoInstances();
    const response = await initialize(0, {}, { experimental: { long: { text: 'x'.repeat(65_536) } } });
    expect([response.status, await messageOf(response)]).toMatchObject([400, { id: 1, error: { code: -32_602 } }]);
  });

  test('that does not say what it has to is told what is missing, and begins nothing', async () => {
    const state = memoryStore();
    const { raw } = twoInstances({ state });
    const response = await raw(0, { jsonrpc: '2.0', id: 1, method: 'initialize', params: { capabilities: {} } }, {});
    const error = { code: -32_602, message: expect.stringContaining('protocolVersion') };
    expect([response.status, await messageOf(response)]).toMatchObject([400, { id: 1, error }]);
    expect(state.size).toBe(0);
  });

  test('that is a notification begins nothing', async () => {
    const state = memoryStore();
    const { raw } = twoInstances({ state });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const response = await raw(0, { jsonrpc: '2.0', method: 'initialize', params }, {});
    expect(response.status).toBe(400);
    expect(state.size).toBe(0);
  });
});

describe('while the store is down', () => {
  const DOWN = new StoreUnavailable('memory', new Error('10.0.0.7 refused'));
  const unavailable = { code: -32_603, message: expect.stringMatching(/"memory" is unavailable/) };

  test('every request of a session is 503 with its own id, and served again afterwards', async () => {
    const state = memoryStore();
    const two = twoInstances({ state });
    const session = await two.begin(0);
    for (const method of ['get', 'set', 'read', 'compareAndSet'] as const) {
      vi.spyOn(state, method).mockRejectedValue(DOWN);
    }
    const initialize = await two.initialize(1);
    expect([initialize.status, await initialize.json()]).toEqual([503, { jsonrpc: '2.0', id: 1, error: unavailable }]);
    const ping = await two.request(1, 'ping', {}, { session }, 'ping-1');
    expect([ping.status, await ping.json()]).toEqual([503, { jsonrpc: '2.0', id: 'ping-1', error: unavailable }]);
    for (const method of ['GET', 'DELETE']) {
      const response = await two.other(0, method, { session });
      expect([response.status, await response.json()]).toEqual([503, { jsonrpc: '2.0', error: unavailable }]);
    }
    vi.restoreAllMocks();
    expect((await two.request(1, 'ping', {}, { session })).status).toBe(200);
  });

  test('an answer that cannot be kept for replay is sent all the same', async () => {
    const state = memoryStore();
    const { begin, call } = twoInstances({ state });
    const session = await begin(0);
    vi.spyOn(state, 'set').mockRejectedValue(DOWN);
    expect(await (await call(1, session, 'add', { a: 1, b: 1 })).message()).toMatchObject({
      result: { structuredContent: { sum: 2 } },
    });
  });
});

describe('an instance that answers as many requests as it may at once', () => {
  test('refuses a further one until one of them is over; other instances take it', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const linger = { name: 'linger', arguments: {} };
    const running = await Promise.all(
      Array.from({ length: MAX_STREAMS }, (_, id) => two.request(0, 'tools/call', linger, { session }, id)),
    );
    const ping = (instance: Instance) => two.request(instance, 'ping', {}, { session }, 'further');
    const refused = await ping(0);
    expect(refused.status).toBe(503);
    expect(await messageOf(refused)).toMatchObject({
      id: 'further',
      error: { message: expect.stringMatching(/answers 1024 .*Send it again/) },
    });
    expect((await two.initialize(0)).status).toBe(503);
    expect((await ping(1)).status).toBe(200);

    const params = { requestId: 0 };
    const cancelled = await two.raw(0, { jsonrpc: '2.0', method: 'notifications/cancelled', params }, { session });
    expect(cancelled.status).toBe(202);
    await running[0]?.text();
    expect((await ping(0)).status).toBe(200);
    two.linger.release();
    await Promise.all(running.slice(1).map((response) => response.text()));
  });
});

describe('HTTP', () => {
  test.each(['PUT', 'PATCH', 'HEAD'])('%s is not allowed', async (method) => {
    const { begin, other } = twoInstances();
    const response = await other(0, method, { session: await begin(1) });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  });

  test.each(['GET', 'DELETE'])('%s of a version that is not served is 400', async (method) => {
    const { begin, other } = twoInstances();
    const session = await begin(1);
    const response = await other(0, method, { session, headers: { 'mcp-protocol-version': '1999-01-01' } });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: -32_022 } }]);
  });

  test('lets browsers send what a session takes, and read its id', async () => {
    const { instances } = twoInstances();
    const origin = 'http://localhost:6274';
    const { server } = instances[0];
    const preflight = await server.fetch(
      new Request('http://localhost/mcp', {
        method: 'OPTIONS',
        headers: { host: 'localhost', origin, 'access-control-request-method': 'DELETE' },
      }),
    );
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET,POST,DELETE');
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answer = await server.fetch(legacy('initialize', params, { origin }));
    await answer.text();
    expect(answer.headers.get('access-control-expose-headers')?.split(',')).toContain('mcp-session-id');
  });
});

describe('a message nested so deeply that it cannot be written down', () => {
  const platform = memoryPlatform({ MCP_SESSIONS: 'on' });
  const server = createServer(fixtureSurface, platform, { loopback: true });
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const initialize = (more: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}${more}}}`;
  const refusal = { error: { code: -32_600, message: expect.stringContaining('nested too deeply') } };

  test('begins no session', async () => {
    const response = await server.fetch(post(initialize(`,"more":${deep}`)));
    expect(response.status).toBe(400);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await response.json()).toMatchObject({ id: 1, ...refusal });
  });

  test.each(['"progressToken"', '"__proto__"'])('fails nothing in a session, by %s', async (name) => {
    const begun = await server.fetch(post(initialize('')));
    await begun.text();
    const headers = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
    const call = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add","arguments":{},${name}:${deep}}}`;
    expect((await server.fetch(post(call, headers))).status).toBeLessThan(500);
    const reply = `{"jsonrpc":"2.0","id":"00000000-0000-4000-8000-000000000000","result":{${name}:${deep}}}`;
    expect((await server.fetch(post(reply, headers))).status).toBeLessThan(500);
  });
});
