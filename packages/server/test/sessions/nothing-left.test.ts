import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { passesFor, passesUntil } from './fake-time.ts';
import { twoInstances } from './two-instances.ts';

/** Any look at the store that nobody needs any more would come within it. */
const A_WHILE_MS = 5_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const cases: Record<string, (two: ReturnType<typeof twoInstances>, session: string) => Promise<unknown>> = {
  'initialize, and a call that is answered': async ({ call }, session) =>
    (await call(1, session, 'add', { a: 1, b: 1 })).rest(),
  'a notification': ({ raw }, session) => raw(1, { jsonrpc: '2.0', method: 'notifications/initialized' }, { session }),
  'a question that is answered': async ({ call, raw }, session) => {
    const stream = await call(0, session, 'remove', { what: 'a note' });
    const question = await stream.message();
    const result = { action: 'accept', content: { confirm: true } };
    await raw(1, { jsonrpc: '2.0', id: question?.id, result }, { session });
    await passesFor(A_WHILE_MS, stream.rest());
  },
  'a question whose client has left, and which nobody answers within ten minutes': async ({ call }, session) => {
    const stream = await call(0, session, 'remove', { what: 'a note' });
    await stream.message();
    await stream.leave();
    await vi.advanceTimersByTimeAsync(600_000);
  },
  'a call that is cancelled': async ({ call, raw, linger }, session) => {
    const stream = await call(0, session, 'linger');
    await linger.started;
    await raw(1, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    await passesFor(A_WHILE_MS, stream.rest());
  },
  'a call whose question is cancelled, and whose client has left': async ({ call, raw }, session) => {
    const stream = await call(0, session, 'remove', { what: 'a note' });
    await stream.message();
    await stream.leave();
    await raw(1, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    await passesUntil(A_WHILE_MS, () => vi.getTimerCount() === 0);
  },
  'a call that is refused because of its headers': async ({ request }, session) => {
    const headers = { accept: 'application/json' };
    const refused = await request(0, 'tools/call', { name: 'linger' }, { session, headers });
    expect(refused.status).toBe(406);
  },
  'a call that waits for its client when the instance closes': async ({ call, instances }, session) => {
    const stream = await call(0, session, 'remove', { what: 'a note' });
    await stream.message();
    await instances[0].endpoint.close();
    await stream.rest();
  },
  'a stream whose client has left': async ({ other }, session) => {
    const response = await other(1, 'GET', { session });
    await response.body?.cancel();
  },
  'a stream that was resumed, and whose client has left': async ({ call, other }, session) => {
    const stream = await call(0, session, 'remove', { what: 'a note' });
    const began = await stream.event();
    await stream.message();
    await stream.leave();
    const response = await other(1, 'GET', { session, headers: { 'last-event-id': began?.id } });
    await response.body?.cancel();
    await vi.advanceTimersByTimeAsync(600_000);
  },
};

test.each(Object.keys(cases))('%s leaves no timer behind, and asks the store nothing more', async (name) => {
  const state = memoryStore();
  const two = twoInstances({ state });
  await cases[name]?.(two, await two.begin(0));
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
  const looks = vi.spyOn(state, 'get');
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(looks).not.toHaveBeenCalled();
});

test('a session costs nothing but what it holds in the store', async () => {
  const state = memoryStore();
  const two = twoInstances({ state });
  const session = await two.begin(0);
  const stored = await state.get(`sessions/${session}`);
  expect(new TextEncoder().encode(stored).byteLength).toBeLessThan(512);
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(vi.getTimerCount()).toBe(0);
});
