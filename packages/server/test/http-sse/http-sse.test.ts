import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type HttpSseEndpoint, httpSseEndpoint } from '../../src/http-sse/http-sse-endpoint.ts';
import { createServer } from '../../src/index.ts';
import { type EventReader, eventReader } from '../event-reader.ts';
import { fixtureSurface, memoryPlatform } from '../fixture.ts';
import { lingering } from '../lingering.ts';

const load = async () => (await import('../../src/http-sse/http-sse.ts')).httpSse(() => new StreamedResponse());
const MAX_BODY_BYTES = 64 * 1024;
const ORIGIN = 'http://localhost';
const INITIALIZE = {
  protocolVersion: '2024-11-05',
  capabilities: { elicitation: { form: {} } },
  clientInfo: { name: 'test', version: '1' },
};

const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });
const call = (id: number, name: string, args: object = {}) =>
  request(id, 'tools/call', { name, arguments: args, _meta: { progressToken: 'p' } });

interface Session {
  readonly events: EventReader;
  /** Where its messages go. */
  readonly address: string;
}

/** An endpoint whose callers say themselves who they are. */
function served(platform: Parameters<typeof memoryPlatform>[0] & { readonly wallTimeMs?: number } = {}) {
  const linger = lingering();
  const surface = { ...fixtureSurface, tools: [...fixtureSurface.tools, linger.tool] };
  const { service } = createServer(surface, memoryPlatform(platform), { loopback: true });
  const endpoint = httpSseEndpoint(service, load, MAX_BODY_BYTES);
  onTestFinished(() => endpoint.close());
  const answer = (way: keyof Pick<HttpSseEndpoint, 'stream' | 'message'>, sent: Request, principal = 'alice') =>
    endpoint[way](sent, { requestId: 'req-1', principal: { id: principal }, signal: () => sent.signal });
  const stream = (init: RequestInit = {}) =>
    answer('stream', new Request(`${ORIGIN}/sse`, { headers: { accept: 'text/event-stream' }, ...init }));
  const post = (address: string, body: string, headers: Record<string, string> = {}, principal?: string) =>
    answer(
      'message',
      new Request(`${ORIGIN}${address}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
      principal,
    );
  const send = (address: string, message: unknown, principal?: string) =>
    post(address, JSON.stringify(message), {}, principal);
  const begun = async (): Promise<Session> => {
    const events = eventReader(await stream());
    const address = (await events.event())?.data ?? '';
    await send(address, request(0, 'initialize', INITIALIZE));
    expect((await events.message())?.result).toMatchObject({ protocolVersion: '2024-11-05' });
    await send(address, { jsonrpc: '2.0', method: 'notifications/initialized' });
    return { events, address };
  };
  return { endpoint, linger, stream, answer, post, send, begun };
}

async function refusal(response: Response) {
  return { status: response.status, ...(await response.json()) };
}

describe('a session of HTTP+SSE', () => {
  test('begins with the address of its messages, and is answered on its stream', async () => {
    const { begun, send } = served();
    const { events, address } = await begun();
    expect(address).toMatch(/^\/messages\?sessionId=[0-9a-f-]{36}$/);
    const accepted = await send(address, call(1, 'add', { a: 1, b: 2 }));
    expect([accepted.status, accepted.headers.get('x-request-id')]).toEqual([202, 'req-1']);
    expect(await events.message()).toMatchObject({ id: 1, result: { structuredContent: { sum: 3 } } });
  });

  test('is told how a tool comes further, in order and before the answer', async () => {
    const { begun, send } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'count'));
    const told = [await events.message(), await events.message(), await events.message(), await events.message()];
    expect(told.map((message) => message?.params?.progress ?? message?.id)).toEqual([1, 2, 3, 1]);
  });

  test('can be asked, and answers by another message', async () => {
    const { begun, send } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'remove', { what: 'it' }));
    const asked = await events.message();
    expect(asked).toMatchObject({ method: 'elicitation/create', params: { message: 'Remove it?' } });
    await send(address, { jsonrpc: '2.0', id: asked?.id, result: { action: 'accept', content: { confirm: true } } });
    expect(await events.message()).toMatchObject({ id: 1, result: { structuredContent: { removed: true } } });
  });

  test('is told that it is still there, and by its head that nothing may hold it back and when it will be gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { stream } = served();
    const response = await stream();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
      sunset: 'Wed, 28 Jul 2027 00:00:00 GMT',
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toMatch(/^event: endpoint\n/);
    vi.advanceTimersByTime(15_000);
    expect((await reader?.read())?.value).toBe(': keep-alive\n\n');
  });

  test('that is left stops the tools that work for it, and is gone', async () => {
    const { begun, send, linger } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'linger'));
    await linger.started;
    await events.leave();
    await linger.stopped;
    expect((await send(address, request(2, 'ping'))).status).toBe(404);
  });

  test('stops a tool whose call is cancelled, and goes on', async () => {
    const { begun, send, linger } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'linger'));
    await linger.started;
    await send(address, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await linger.stopped;
    await send(address, request(2, 'ping'));
    const told = [await events.message(), await events.message()];
    expect(told).toEqual([
      expect.objectContaining({ method: 'notifications/progress' }),
      expect.objectContaining({ id: 2 }),
    ]);
  });

  test('ends before the proxy in front would end its stream', async () => {
    const { inProcessBus } = await import('@mcp-everywhere/platform/events/in-process');
    const platform = { ...memoryPlatform(), wallTimeMs: 100, events: inProcessBus() };
    const { service } = createServer(fixtureSurface, platform, { loopback: true });
    const endpoint = httpSseEndpoint(service, load, MAX_BODY_BYTES);
    const opened = new Request(`${ORIGIN}/sse`, { headers: { accept: 'text/event-stream' } });
    const response = await endpoint.stream(opened, {
      requestId: 'req-1',
      principal: { id: 'alice' },
      signal: () => opened.signal,
    });
    expect(await response.text()).toMatch(/^event: endpoint\n.*\n\n$/);
  });
});

describe('what comes to no session', () => {
  test('gets one answer, whether the session is unknown, has ended, or is of somebody else', async () => {
    const { begun, send } = served();
    const foreign = await begun();
    const ended = await begun();
    await ended.events.leave();
    const answers = await Promise.all([
      send(`/messages?sessionId=${crypto.randomUUID()}`, request(1, 'ping')),
      send('/messages?sessionId=', request(1, 'ping')),
      send(ended.address, request(1, 'ping')),
      send(foreign.address, request(1, 'ping'), 'mallory'),
    ]);
    for (const answer of await Promise.all(answers.map(refusal))) {
      expect(answer).toEqual({
        status: 404,
        jsonrpc: '2.0',
        id: 1,
        error: { code: -32_001, message: expect.stringContaining('GET /sse') },
      });
    }
    await send(foreign.address, request(2, 'ping'));
    expect(await foreign.events.message()).toMatchObject({ id: 2 });
  });

  test('gets 400 where it names none', async () => {
    const { send } = served();
    expect(await refusal(await send('/messages', request(1, 'ping')))).toMatchObject({
      status: 400,
      id: 1,
      error: { code: -32_000, message: expect.stringContaining('sessionId') },
    });
  });
});

describe('what is no message', () => {
  const PING = JSON.stringify(request(1, 'ping'));
  test.each([
    ['no JSON', '{', {}, 400, -32_700],
    ['nothing', '', {}, 400, -32_700],
    ['no JSON-RPC', '{"hello":1}', {}, 400, -32_600],
    ['a text', '"ping"', {}, 400, -32_600],
    ['a batch', `[${PING}]`, {}, 400, -32_600],
    ['another type of content', PING, { 'content-type': 'text/plain' }, 415, -32_000],
    ['too much', JSON.stringify(request(1, 'x'.repeat(MAX_BODY_BYTES))), {}, 413, -32_000],
  ] as const)('is refused: %s', async (_, body, headers, status, code) => {
    const { begun, post, send } = served();
    const { events, address } = await begun();
    expect(await refusal(await post(address, body, headers))).toMatchObject({ status, error: { code } });
    await send(address, request(2, 'ping'));
    expect(await events.message()).toMatchObject({ id: 2 });
  });

  test('is answered however deep it is nested', async () => {
    const { begun, post } = served();
    const { events, address } = await begun();
    const depth = 10_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const accepted = await post(address, JSON.stringify(call(1, 'add', { a: 0 })).replace('0}', `${deep}}`));
    expect(accepted.status).toBe(202);
    expect(await events.message()).toMatchObject({ id: 1 });
  });
});

describe('another method, or another kind of answer', () => {
  test.each(['POST', 'DELETE', 'PUT'])('%s opens no stream', async (method) => {
    const response = await served().stream({ method });
    expect(response.headers.get('allow')).toBe('GET');
    expect(await refusal(response)).toMatchObject({ status: 405, error: { message: expect.stringMatching(/by GET/) } });
  });

  test.each(['GET', 'DELETE', 'PUT'])('%s sends no message', async (method) => {
    const { answer } = served();
    const response = await answer('message', new Request(`${ORIGIN}/messages?sessionId=1`, { method }));
    expect(response.headers.get('allow')).toBe('POST');
    expect(await refusal(response)).toMatchObject({
      status: 405,
      error: { message: expect.stringMatching(/by POST/) },
    });
  });

  test('who takes no events gets no stream', async () => {
    const response = await served().stream({ headers: { accept: 'application/json' } });
    expect(await refusal(response)).toMatchObject({
      status: 406,
      error: { message: expect.stringMatching(/event-stream/) },
    });
  });
});

describe('when the process ends', () => {
  test('a stream ends with its last answer, an idle one at once, and no other is opened', async () => {
    const { begun, send, stream, endpoint, linger } = served();
    const [busy, idle] = [await begun(), await begun()];
    await send(busy.address, call(1, 'linger'));
    await linger.started;
    endpoint.endListening();
    expect(await idle.events.rest()).toEqual([]);
    expect(await refusal(await stream())).toMatchObject({
      status: 503,
      error: { message: expect.stringMatching(/shutting down/) },
    });
    linger.release();
    expect((await busy.events.rest()).map(({ id, method }) => method ?? id)).toEqual(['notifications/progress', 1]);
  });

  test('one whose last call is cancelled ends, too', async () => {
    const { begun, send, endpoint, linger } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'linger'));
    await linger.started;
    endpoint.endListening();
    await send(address, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(await events.rest()).toEqual([expect.objectContaining({ method: 'notifications/progress' })]);
  });

  test('what is not answered by then is stopped', async () => {
    const { begun, send, endpoint, linger } = served();
    const { events, address } = await begun();
    await send(address, call(1, 'linger'));
    await linger.started;
    await endpoint.close();
    await linger.stopped;
    expect(await events.rest()).toEqual([expect.objectContaining({ method: 'notifications/progress' })]);
  });
});
