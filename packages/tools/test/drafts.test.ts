import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import { appendToDraft } from '../src/tools/append-to-draft.ts';
import { createDraft } from '../src/tools/create-draft.ts';
import { readDraft } from '../src/tools/read-draft.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

type Context = ReturnType<typeof testContext>;

const GONE = 'This draftId is unknown or has expired. Begin a new draft with create_draft.';
const UNKNOWN = `draft_${'0'.repeat(32)}`;

async function begun(ctx: Context, about: Record<string, unknown> = {}): Promise<string> {
  const { data } = await complete(createDraft, { title: 'By the sea', ...about }, ctx);
  return String(data.draftId);
}

async function recordIdsOn(draftId: string, ctx: Context): Promise<readonly string[]> {
  const { data } = await complete(readDraft, { draftId }, ctx);
  return (data.entries as { recordId: string }[]).map(({ recordId }) => recordId);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a draft', () => {
  it('is begun, added to over several calls, and read as a whole', async () => {
    const ctx = testContext();
    const draftId = await begun(ctx, { note: 'For the summer.' });
    await complete(appendToDraft, { draftId, recordId: 'austen-northanger-abbey', note: 'Bath\nin season' }, ctx);
    const appended = await complete(appendToDraft, { draftId, recordId: 'austen-emma' }, ctx);
    expect(appended.data).toMatchObject({
      draftId,
      added: true,
      entries: [{ recordId: 'austen-northanger-abbey', note: 'Bath\nin season' }, { recordId: 'austen-emma' }],
    });

    const { data, text } = await complete(readDraft, { draftId }, ctx);
    expect(data).toMatchObject({ draftId, title: 'By the sea', note: 'For the summer.' });
    expect(data.entries).toMatchObject([
      { record: { title: 'Northanger Abbey', author: 'Jane Austen' }, note: 'Bath\nin season' },
      { record: { title: 'Emma' } },
    ]);
    expect(text.split('\n')).toEqual([
      '# By the sea',
      '',
      'For the summer.',
      '',
      expect.stringMatching(/^1\. \*Northanger Abbey\*, Jane Austen \(\d{4}\): Bath in season$/),
      expect.stringMatching(/^1\. \*Emma\*, Jane Austen \(\d{4}\)$/),
    ]);
  });

  it('can be read while it is empty', async () => {
    const ctx = testContext();
    const { data, text } = await complete(readDraft, { draftId: await begun(ctx) }, ctx);
    expect(data.entries).toEqual([]);
    expect(text).toContain('No books yet');
  });

  it('keeps every one of twenty concurrent additions', async () => {
    const ctx = testContext();
    const draftId = await begun(ctx);
    const ids = records.slice(0, 20).map(({ id }) => id);
    await Promise.all(ids.map((recordId) => complete(appendToDraft, { draftId, recordId }, ctx)));
    expect([...(await recordIdsOn(draftId, ctx))].sort()).toEqual(ids);
  });

  it('takes a book once, however often it is added', async () => {
    const ctx = testContext();
    const draftId = await begun(ctx);
    const args = { draftId, recordId: 'austen-emma', note: 'first' };
    const first = await complete(appendToDraft, args, ctx);
    const again = await complete(appendToDraft, { ...args, note: 'second' }, ctx);
    expect(again.data).toEqual({ ...first.data, added: false });
    const parallel = await Promise.all(
      Array.from({ length: 8 }, () => complete(appendToDraft, { draftId, recordId: 'austen-northanger-abbey' }, ctx)),
    );
    expect(parallel.filter(({ data }) => data.added)).toHaveLength(1);
  });

  it('holds a hundred books with the longest notes, and says when it is full', async () => {
    const ctx = testContext();
    const draftId = await begun(ctx);
    // Each of these characters takes six bytes as JSON: the most a note can take.
    const note = '\u0001'.repeat(300);
    const ids = records.slice(0, 101).map(({ id }) => id);
    for (const recordId of ids.slice(0, 100)) await complete(appendToDraft, { draftId, recordId, note }, ctx);
    expect(await fail(appendToDraft, { draftId, recordId: ids[100] }, ctx)).toBe(
      'The draft is full: it holds 100 records. Begin another with create_draft.',
    );
    const stored = await ctx.state.get(`draft/${draftId}`);
    expect(new TextEncoder().encode(stored).length).toBeLessThan(256 * 1024);
  });

  it('names near ids where there is no such book', async () => {
    const ctx = testContext();
    const draftId = await begun(ctx);
    expect(await fail(appendToDraft, { draftId, recordId: 'austen-ema' }, ctx)).toContain('Near ids: austen-emma');
  });

  it('lasts its time to live from the last addition, as expiresAt says each time', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1, 12) });
    const ctx = testContext();
    const created = await complete(createDraft, { title: 'Short', ttlMinutes: 10 }, ctx);
    expect(created.data.expiresAt).toBe('2026-01-01T12:10:00.000Z');
    const { draftId } = created.data;

    vi.advanceTimersByTime(9 * 60_000);
    const appended = await complete(appendToDraft, { draftId, recordId: 'austen-emma' }, ctx);
    expect(appended.data.expiresAt).toBe('2026-01-01T12:19:00.000Z');

    vi.advanceTimersByTime(5 * 60_000);
    const repeated = await complete(appendToDraft, { draftId, recordId: 'austen-emma' }, ctx);
    expect(repeated.data.expiresAt).toBe('2026-01-01T12:19:00.000Z');
    expect((await complete(readDraft, { draftId }, ctx)).data.expiresAt).toBe('2026-01-01T12:19:00.000Z');

    vi.advanceTimersByTime(5 * 60_000);
    expect(await fail(readDraft, { draftId }, ctx)).toBe(GONE);
    expect(await fail(appendToDraft, { draftId, recordId: 'austen-emma' }, ctx)).toBe(GONE);
  });

  it('is answered alike where it never was and where it is somebody else’s', async () => {
    const draftId = await begun(testContext());
    const stranger = testContext({ state: memoryStore() });
    for (const id of [draftId, UNKNOWN]) {
      expect(await fail(readDraft, { draftId: id }, stranger)).toBe(GONE);
      expect(await fail(appendToDraft, { draftId: id, recordId: 'austen-emma' }, stranger)).toBe(GONE);
    }
  });

  it('is not found by a handle of another kind, and the message says what to pass', async () => {
    for (const draftId of [`search_${'0'.repeat(32)}`, 'draft_1', 'austen-emma']) {
      expect(await refuse(readDraft, { draftId }, testContext())).toBe(
        'Invalid arguments for tool "read_draft": draftId: not a handle from create_draft: pass the "draft_…" it returned, unchanged',
      );
    }
  });

  it.each([
    {},
    { title: '' },
    { title: 'x'.repeat(201) },
    { title: 'x', note: 'x'.repeat(301) },
    { title: 'x', ttlMinutes: 0 },
    { title: 'x', ttlMinutes: 1441 },
    { title: 'x', ttlMinutes: '60' },
  ])('is not begun with %j', async (args) => {
    expect(await refuse(createDraft, args, testContext())).toMatch(/^Invalid arguments for tool "create_draft": /);
  });
});
