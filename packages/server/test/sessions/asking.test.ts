import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Message } from '../event-reader.ts';
import { memoryPlatform } from '../fixture.ts';
import { twoInstances } from './two-instances.ts';

const yes = { action: 'accept', content: { confirm: true } };
const no = { action: 'accept', content: { confirm: false } };
const haiku = { role: 'assistant', content: { type: 'text', text: 'Old pond.' }, model: 'test' };

const replyTo = (question: Message | undefined, result: object) => ({ jsonrpc: '2.0', id: question?.id, result });

/** A session whose tool `remove` has asked over instance 0. */
async function asked(two = twoInstances()) {
  const session = await two.begin(0);
  const stream = await two.call(0, session, 'remove', { what: 'a note' });
  const question = await stream.message();
  expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Remove a note?' } });
  return { ...two, session, stream, question };
}

describe('what a tool asks on one instance', () => {
  test('is answered through the other', async () => {
    const { raw, session, stream, question } = await asked();
    const accepted = await raw(1, replyTo(question, yes), { session });
    expect([accepted.status, await accepted.text()]).toEqual([202, '']);
    expect(await stream.rest()).toEqual([
      expect.objectContaining({
        id: 1,
        result: expect.objectContaining({ structuredContent: { removed: true, rounds: 1 } }),
      }),
    ]);
  });

  test('goes on at once when the reply comes, however long the user has thought', async () => {
    // Time stands still, so nobody looks by himself.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { raw, session, stream, question } = await asked();
    await raw(1, replyTo(question, yes), { session });
    expect(await stream.message()).toMatchObject({ result: { structuredContent: { removed: true } } });
  });

  test('may be several things at once, answered in any order through either', async () => {
    const { begin, call, raw } = twoInstances();
    const session = await begin(1);
    const stream = await call(0, session, 'survey');
    const questions = [await stream.message(), await stream.message(), await stream.message()];
    const of = (method: string) => questions.find((question) => question?.method === method);
    expect(new Set(questions.map((question) => question?.id)).size).toBe(3);
    await raw(1, replyTo(of('roots/list'), { roots: [] }), { session });
    await raw(0, replyTo(of('sampling/createMessage'), haiku), { session });
    await raw(1, replyTo(of('elicitation/create'), yes), { session });
    expect(await stream.message()).toMatchObject({
      result: { structuredContent: { answers: ['confirmation', 'haiku', 'where'] } },
    });
  });

  test('is answered by sampling, with the text that the other instance took', async () => {
    const { begin, call, raw } = twoInstances();
    const session = await begin(0, {}, { sampling: {} });
    const stream = await call(1, session, 'survey');
    const question = await stream.message();
    expect(question).toMatchObject({ method: 'sampling/createMessage', params: { maxTokens: 9 } });
    await raw(0, replyTo(question, haiku), { session });
    expect(await stream.message()).toMatchObject({ result: { structuredContent: { answers: ['haiku'] } } });
  });

  test('is answered once: of two replies the first counts', async () => {
    const { raw, session, stream, question } = await asked();
    const both = [await raw(1, replyTo(question, no), { session }), await raw(0, replyTo(question, yes), { session })];
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(await stream.message()).toMatchObject({ result: { structuredContent: { removed: false } } });
  });

  test('goes unanswered where the client refuses with an error, which the model is told', async () => {
    const { raw, session, stream, question } = await asked();
    await raw(1, { jsonrpc: '2.0', id: question?.id, error: { code: -1, message: 'no screen' } }, { session });
    expect(await stream.message()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('no screen') }] },
    });
  });

  test('is not answered by a reply in somebody else’s session', async () => {
    const { raw, begin, session, stream, question } = await asked();
    const foreign = await begin(0, { principal: 'bob' });
    await raw(1, replyTo(question, yes), { session: foreign, principal: 'bob' });
    await raw(1, replyTo(question, no), { session });
    expect(await stream.message()).toMatchObject({ result: { structuredContent: { removed: false } } });
  });

  test('is taken back by the id under which the client knows it, when another answer was an error', async () => {
    const { begin, call, raw } = twoInstances();
    const session = await begin(0, {}, { elicitation: { form: {} }, sampling: {} });
    const stream = await call(0, session, 'survey');
    const [one, other] = [await stream.message(), await stream.message()];
    await raw(1, { jsonrpc: '2.0', id: one?.id, error: { code: -1, message: 'no' } }, { session });
    expect(await stream.message()).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: other?.id },
    });
    expect(await stream.message()).toMatchObject({ result: { isError: true } });
  });

  test('is answered though the store is down for a moment while the user thinks', async () => {
    const state = memoryStore();
    const { raw, session, stream, question } = await asked(twoInstances({ state }));
    const down = vi.spyOn(state, 'get').mockRejectedValue(new StoreUnavailable('memory', new Error('gone')));
    await vi.waitFor(() => expect(down.mock.calls.length).toBeGreaterThan(1));
    down.mockRestore();
    await raw(1, replyTo(question, yes), { session });
    expect(await stream.message()).toMatchObject({ result: { structuredContent: { removed: true } } });
  });

  test('fails with the reply that is too large to be kept, and says so on both sides', async () => {
    const { raw, session, stream, question } = await asked();
    const large = { action: 'accept', content: { confirm: true, note: 'x'.repeat(1024 * 1024) } };
    const refused = await raw(1, replyTo(question, large), { session });
    expect([refused.status, await refused.json()]).toEqual([
      413,
      { jsonrpc: '2.0', error: { code: -32_000, message: expect.stringContaining('Reply too large') } },
    ]);
    expect(await stream.message()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('larger than can be kept') }] },
    });
  });

  test('is waited for no longer than the target lets a request run', async () => {
    const { stream } = await asked(twoInstances({ target: 'netlify', wallTimeMs: 1_000 }));
    expect(await stream.message()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('has not answered in the time') }] },
    });
  });

  test('is refused when the instance closes, so that the client need not wait', async () => {
    const { instances, stream } = await asked();
    await instances[0].endpoint.close();
    expect(await stream.rest()).toEqual([
      { jsonrpc: '2.0', id: 1, error: { code: -32_000, message: expect.stringContaining('shutting down') } },
    ]);
  });
});

describe('a reply that nobody waits for', () => {
  test.each([
    ['an id that was never sent', '00000000-0000-4000-8000-000000000000'],
    ['a number', 7],
    ['a text of any length', 'x'.repeat(10_000)],
  ])('is accepted, dropped and logged once, where it is for %s', async (_what, id) => {
    const { begin, raw } = twoInstances({ environment: { MCP_SESSIONS: 'on', LOG_LEVEL: 'info' } });
    const session = await begin(0);
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const response = await raw(1, { jsonrpc: '2.0', id, result: {} }, { session });
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect(logged.mock.calls.flat().filter((line) => String(line).includes('nobody waits for'))).toHaveLength(1);
    logged.mockRestore();
  });
});

describe('notifications/cancelled', () => {
  const cancelled = (requestId: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId },
  });

  test('through the other instance stops the tool, and its stream ends without an answer', async () => {
    const { begin, call, raw, linger } = twoInstances();
    const session = await begin(0);
    const stream = await call(0, session, 'linger', {}, 5);
    await linger.started;
    expect((await raw(1, cancelled(5), { session })).status).toBe(202);
    await linger.stopped;
    expect(await stream.rest()).toEqual([expect.objectContaining({ method: 'notifications/progress' })]);
  });

  test('takes a question back that the tool has asked', async () => {
    const { raw, session, stream, question } = await asked();
    await raw(1, cancelled(1), { session });
    expect(await stream.rest()).toEqual([
      expect.objectContaining({
        method: 'notifications/cancelled',
        params: expect.objectContaining({ requestId: question?.id }),
      }),
    ]);
  });

  test('of an id that is used again a while later stops nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { begin, call, raw, linger } = twoInstances();
    const session = await begin(0);
    await raw(1, cancelled(5), { session });
    vi.setSystemTime(Date.now() + 61_000);
    const stream = await call(0, session, 'linger', {}, 5);
    await linger.started;
    setTimeout(linger.release, 300);
    expect((await stream.rest()).at(-1)).toMatchObject({ id: 5, result: { structuredContent: {} } });
    vi.useRealTimers();
  });

  test('in another session stops nothing', async () => {
    const state = memoryStore();
    const looks = vi.spyOn(state, 'get');
    const { begin, call, raw, linger } = twoInstances({ state });
    const [session, other] = [await begin(0), await begin(0)];
    const stream = await call(0, session, 'linger', {}, 5);
    await linger.started;
    await raw(1, cancelled(5), { session: other });
    await vi.waitFor(() => expect(looks).toHaveBeenCalledWith(expect.stringMatching(`${session}$`)));
    linger.release();
    expect((await stream.rest()).at(-1)).toMatchObject({ id: 5, result: { structuredContent: {} } });
  });
});

describe('DELETE', () => {
  test('through the other instance stops what runs in the session', async () => {
    const { begin, call, other, linger } = twoInstances();
    const session = await begin(0);
    const stream = await call(0, session, 'linger', {}, 5);
    await linger.started;
    await other(1, 'DELETE', { session });
    await linger.stopped;
    expect((await stream.rest()).filter(({ id }) => id === 5)).toEqual([]);
  });

  test('ends a call that waits for its client', async () => {
    const { begin, call, other } = twoInstances();
    const session = await begin(0);
    const stream = await call(0, session, 'remove', { what: 'a note' });
    await stream.message();
    await other(1, 'DELETE', { session });
    expect((await stream.rest()).filter(({ id }) => id === 1)).toEqual([]);
  });
});

test('without sessions a tool that has to ask is refused at once, and says how to turn them on', async () => {
  const { request } = twoInstances({ environment: memoryPlatform().environment });
  const response = await request(0, 'tools/call', { name: 'remove', arguments: { what: 'a note' } }, {});
  expect(await response.text()).toContain('MCP_SESSIONS=on');
});
