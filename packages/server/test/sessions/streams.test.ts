import { BusUnavailable } from '@mcp-everywhere/platform/events';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type EventReader, eventReader } from '../event-reader.ts';
import { messageOf } from '../requests.ts';
import { passesFor } from './fake-time.ts';
import { type Instance, twoInstances } from './two-instances.ts';

const NOTE = 'note://alpha';
const updated = (uri: string) => ({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Two = ReturnType<typeof twoInstances>;

async function opened(
  two: Two,
  instance: Instance,
  session: string,
  lastEventId?: string,
): Promise<{ readonly status: number; readonly stream: EventReader }> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await two.other(instance, 'GET', { session, headers });
  return { status: response.status, stream: eventReader(response) };
}

async function subscribed(two: Two, instance: Instance, session: string, uri = NOTE): Promise<void> {
  const response = await two.request(instance, 'resources/subscribe', { uri }, { session });
  expect(await messageOf(response)).toMatchObject({ result: {} });
}

describe('a stream that is opened by GET', () => {
  test('on one instance tells of what was subscribed to on the other', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const { stream } = await opened(two, 1, session);
    expect(await stream.event()).toEqual({ id: expect.stringMatching(/^get-/), message: undefined });
    await subscribed(two, 0, session);
    await two.events.publish({ kind: 'resource_updated', uri: 'note://beta' });
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });
    expect(await stream.message()).toEqual(updated(NOTE));
    await messageOf(await two.request(1, 'resources/unsubscribe', { uri: NOTE }, { session }));
    await subscribed(two, 0, session, 'note://beta');
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });
    await two.events.publish({ kind: 'resource_updated', uri: 'note://beta' });
    expect(await stream.message()).toEqual(updated('note://beta'));
  });

  test('tells nothing of what is somebody else’s, or may not be known of', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const { stream } = await opened(two, 1, session);
    await subscribed(two, 0, session);
    await subscribed(two, 0, session, 'note://secret');
    await two.events.publish({ kind: 'resource_updated', uri: NOTE, owner: 'bob' });
    await two.events.publish({ kind: 'resource_updated', uri: 'note://secret' });
    await two.events.publish({ kind: 'resource_updated', uri: NOTE, owner: 'alice' });
    expect(await stream.message()).toEqual(updated(NOTE));
    await two.other(0, 'DELETE', { session });
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });
    expect(await stream.rest()).toEqual([]);
  });

  test('tells of all that was subscribed to when it is resumed, because what happened meanwhile nobody knows', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    await subscribed(two, 0, session);
    const { stream } = await opened(two, 1, session);
    const began = await stream.event();
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });
    const told = await stream.event();
    await stream.leave();
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });

    const resumed = await opened(two, 0, session, told?.id);
    expect(await resumed.stream.message()).toEqual(updated(NOTE));
    await resumed.stream.leave();
    const replayed = await opened(two, 0, session, began?.id);
    expect([await replayed.stream.event(), await replayed.stream.event()]).toEqual([
      told,
      { id: expect.stringMatching(/^get-.*\.0$/), message: undefined },
    ]);
  });

  test('ends when its session does, though nothing changes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const two = twoInstances();
    const session = await two.begin(0);
    const { stream } = await opened(two, 1, session);
    await two.other(0, 'DELETE', { session });
    expect(await passesFor(61_000, stream.rest())).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('gives way to one that is opened later, on whichever instance: each change is told once', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    await subscribed(two, 0, session);
    const { stream: first } = await opened(two, 0, session);
    const { stream: second } = await opened(two, 1, session);
    await two.events.publish({ kind: 'resource_updated', uri: NOTE });
    expect(await second.message()).toEqual(updated(NOTE));
    expect(await first.rest()).toEqual([]);
  });

  test('keeps its session alive', async () => {
    vi.useFakeTimers();
    const two = twoInstances();
    const session = await two.begin(0);
    const { stream } = await opened(two, 1, session);
    await vi.advanceTimersByTimeAsync(25 * 60 * 60 * 1000);
    expect((await two.request(0, 'ping', {}, { session })).status).toBe(200);
    await stream.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends when the instance stops, which then opens none', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const { stream } = await opened(two, 1, session);
    two.instances[1].endpoint.endListening();
    expect(await stream.rest()).toEqual([]);
    const refused = await two.other(1, 'GET', { session });
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: -32_000 } }]);
    await expect(opened(two, 0, session)).resolves.toMatchObject({ status: 200 });
  });

  test('is 503 where the bus is down, and nothing of it is left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const bus = inProcessBus();
    const down = new BusUnavailable('in-process', new Error('gone'));
    const events: typeof bus = {
      ...bus,
      subscribe: (...listener) => Object.assign(bus.subscribe(...listener), { ready: () => Promise.reject(down) }),
    };
    const two = twoInstances({ events });
    const refused = await two.other(1, 'GET', { session: await two.begin(0) });
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: -32_603 } }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not there where no stream can be held, which says why', async () => {
    const two = twoInstances({ target: 'netlify' });
    const refused = await two.other(1, 'GET', { session: await two.begin(0) });
    expect([refused.status, refused.headers.get('allow'), await refused.json()]).toMatchObject([
      405,
      'POST, DELETE',
      { error: { message: expect.stringContaining('no stream can be held here') } },
    ]);
  });

  test('has to be accepted as one', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const refused = await two.other(1, 'GET', { session, headers: { accept: 'application/json' } });
    expect(refused.status).toBe(406);
  });
});

describe('Last-Event-ID', () => {
  test('brings the answer that another instance has written', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const stream = await two.call(0, session, 'count');
    const began = await stream.event();
    const first = await stream.event();
    const missed = await stream.rest();
    expect(missed).toHaveLength(3);
    expect(await (await opened(two, 1, session, first?.id)).stream.rest()).toEqual(missed);
    expect(await (await opened(two, 1, session, began?.id)).stream.rest()).toEqual([first?.message, ...missed]);
  });

  test('follows an answer that another instance is still writing', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const broken = await two.call(0, session, 'linger');
    await broken.event();
    const told = await broken.event();
    await broken.leave();
    const { stream } = await opened(two, 1, session, told?.id);
    two.linger.release();
    expect(await stream.rest()).toEqual([expect.objectContaining({ id: 1, result: expect.anything() })]);
  });

  test('brings a question again, which is then answered through any instance', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const broken = await two.call(0, session, 'remove', { what: 'a note' });
    const began = await broken.event();
    await broken.leave();
    const { stream } = await opened(two, 1, session, began?.id);
    const question = await stream.message();
    const reply = { jsonrpc: '2.0', id: question?.id, result: { action: 'accept', content: { confirm: true } } };
    await two.raw(1, reply, { session });
    expect(await stream.rest()).toMatchObject([{ id: 1, result: { structuredContent: { removed: true } } }]);
  });

  test('of the last event of an answer is refused: nothing follows it', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const stream = await two.call(0, session, 'add', { a: 1, b: 1 });
    await stream.event();
    const answer = await stream.event();
    const refused = await two.other(1, 'GET', { session, headers: { 'last-event-id': answer?.id } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('nothing follows') } });
  });

  test('of an answer that was cancelled is refused, and whoever followed it is told that it has ended', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const stream = await two.call(0, session, 'linger');
    const began = await stream.event();
    const told = await stream.event();
    const { stream: following } = await opened(two, 1, session, began?.id);
    await two.raw(1, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    expect(await following.rest()).toHaveLength(1);
    expect((await opened(two, 0, session, told?.id)).status).toBe(400);
  });

  test('of an answer that could not be kept whole ends, as nothing more can follow', async () => {
    const state = memoryStore();
    const two = twoInstances({ state });
    const session = await two.begin(0);
    const stream = await two.call(0, session, 'linger');
    const began = await stream.event();
    await stream.event();
    vi.spyOn(state, 'set').mockRejectedValueOnce(new Error('The disk is full'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
    two.linger.release();
    const answer = await stream.event();
    expect(answer).toMatchObject({ id: expect.stringMatching(/\.lost$/) });
    const { stream: resumed } = await opened(two, 1, session, began?.id);
    expect(await resumed.rest()).toHaveLength(1);
  });

  test('is refused where a session has as many streams open as it may', async () => {
    const two = twoInstances();
    const [session, other] = [await two.begin(0), await two.begin(0)];
    const began = await (await two.call(0, session, 'remove', { what: 'a note' })).event();
    const streams = await Promise.all(Array.from({ length: 16 }, () => opened(two, 1, session, began?.id)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect((await opened(two, 1, session, began?.id)).status).toBe(429);
    expect((await opened(two, 1, other)).status).toBe(200);
    await streams[0]?.stream.leave();
    expect((await opened(two, 1, session, began?.id)).status).toBe(200);
  });

  test('that comes while the instance stops opens no stream', async () => {
    const state = memoryStore();
    const two = twoInstances({ state });
    const session = await two.begin(0);
    const began = await (await two.call(0, session, 'remove', { what: 'a note' })).event();
    const get = state.get.bind(state);
    vi.spyOn(state, 'get').mockImplementation(async (key) => {
      if (key.includes('/events/')) two.instances[1].endpoint.endListening();
      return get(key);
    });
    expect((await opened(two, 1, session, began?.id)).status).toBe(503);
  });

  test('brings all answers of a batch', async () => {
    const two = twoInstances();
    const session = await two.begin(0);
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'ping' },
      { jsonrpc: '2.0', id: 'b', method: 'tools/call', params: { name: 'linger' } },
    ];
    const broken = eventReader(await two.raw(0, batch, { session }));
    const began = await broken.event();
    await broken.leave();
    const { stream } = await opened(two, 1, session, began?.id);
    expect(await stream.message()).toMatchObject({ id: 'a' });
    two.linger.release();
    expect(await stream.rest()).toMatchObject([{ id: 'b' }]);
  });

  test.each([
    ['no event', () => 'nonsense'],
    ['an event that was never sent', () => '00000000-0000-4000-8000-000000000000.0'],
    ['an event beyond the last', (id: string) => id.replace(/\.\d+$/, '.999999')],
    ['an event that could not be kept', (id: string) => id.replace(/\.\d+$/, '.lost')],
    ['empty', () => ''],
  ])('that is %s is refused, and says what the bound is', async (_what, change) => {
    const two = twoInstances();
    const session = await two.begin(0);
    const began = await (await two.call(0, session, 'add', { a: 1, b: 1 })).event();
    const headers = { 'last-event-id': change(began?.id ?? '') };
    const refused = await two.other(1, 'GET', { session, headers });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { jsonrpc: '2.0', error: { code: -32_000, message: expect.stringMatching(/10 minutes, 256 events/) } },
    ]);
  });

  test('of an event that is older than the bound, or of another session, is refused alike', async () => {
    const two = twoInstances();
    const [session, other] = [await two.begin(0), await two.begin(0)];
    const began = await (await two.call(0, session, 'add', { a: 1, b: 1 })).event();
    expect((await opened(two, 1, other, began?.id)).status).toBe(400);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 601_000);
    expect((await opened(two, 1, session, began?.id)).status).toBe(400);
  });

  test('reaches back 256 events and no further, and no more are kept', async () => {
    const state = memoryStore();
    const two = twoInstances({ state });
    const session = await two.begin(0);
    await subscribed(two, 0, session);
    const { stream } = await opened(two, 1, session);
    const kept = state.size;
    const ids: string[] = [(await stream.event())?.id ?? ''];
    for (let told = 0; told < 300; told++) {
      await two.events.publish({ kind: 'resource_updated', uri: NOTE });
      ids.push((await stream.event())?.id ?? '');
    }
    expect(state.size).toBeLessThanOrEqual(kept + 256);
    expect((await opened(two, 0, session, ids.at(-257))).status).toBe(400);
    const { stream: resumed } = await opened(two, 0, session, ids.at(-256));
    for (const id of ids.slice(-255)) expect(await resumed.event()).toMatchObject({ id });
  });

  test('of an answer that is never finished is followed for as long as its events are kept', async () => {
    vi.useFakeTimers();
    const two = twoInstances();
    const session = await two.begin(0);
    const broken = await two.call(0, session, 'linger');
    await broken.event();
    const told = await broken.event();
    await two.raw(0, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    await passesFor(2_000, two.linger.stopped);
    const { stream } = await opened(two, 1, session, told?.id);
    expect(await passesFor(601_000, stream.rest())).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
