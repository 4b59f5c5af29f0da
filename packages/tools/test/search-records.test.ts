import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import { searchRecords } from '../src/tools/search-records.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

type Context = ReturnType<typeof testContext>;

async function searched(args: Record<string, unknown>, ctx: Context) {
  return searchRecords.output.parse((await complete(searchRecords, args, ctx)).data) as {
    searchId?: string;
    total: number;
    records: { id: string }[];
    heldBack: number;
    facets: { language: { value: string; count: number }[] };
    nextCursor?: string;
  };
}

const idsOf = (page: { records: { id: string }[] }) => page.records.map(({ id }) => id);

afterEach(() => {
  vi.useRealTimers();
});

describe('search_records', () => {
  it('returns compact records, the total, facets over all matches, and handles to go on', async () => {
    const page = await searched({ query: 'austen', limit: 2 }, testContext());
    expect(page.searchId).toMatch(/^search_[0-9a-f]{32}$/);
    expect(page.total).toBeGreaterThanOrEqual(4);
    expect(page.records).toHaveLength(2);
    expect(Object.keys(page.records[0] ?? {})).toEqual(['id', 'title', 'author', 'year', 'language', 'subjects']);
    expect(page.heldBack).toBe(0);
    expect(page.facets.language).toEqual([{ value: 'en', count: page.total }]);
    expect(page.nextCursor).toBeDefined();
  });

  it('browses ten records where nothing is asked for', async () => {
    const page = await searched({}, testContext());
    expect(page.total).toBe(records.length);
    expect(page.records).toHaveLength(10);
  });

  it('says so plainly where nothing matches', async () => {
    const page = await searched({ query: 'xyzzy' }, testContext());
    expect(page).toMatchObject({ total: 0, records: [], heldBack: 0 });
    expect(page.nextCursor).toBeUndefined();
  });

  it.each([
    { limit: 0 },
    { limit: 51 },
    { limit: 1.5 },
    { query: 'x'.repeat(201) },
    { language: 'tlh' },
    { subject: 'no such subject' },
    { yearFrom: '1800' },
    { searchId: 'draft_00000000000000000000000000000000' },
    { cursor: 'x'.repeat(65) },
  ])('refuses %j', async (args) => {
    expect(await refuse(searchRecords, args, testContext())).toMatch(/^Invalid arguments for tool "search_records": /);
  });

  it('names the subjects there are where one is unknown', async () => {
    expect(await refuse(searchRecords, { subject: 'no such subject' }, testContext())).toContain(
      records[0]?.subjects[0] ?? '',
    );
  });
});

describe('paging by cursor', () => {
  it('covers every match exactly once, in order, and ends', async () => {
    const ctx = testContext();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await searched({ limit: 7, ...(cursor && { cursor }) }, ctx);
      seen.push(...idsOf(page));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(records.map(({ id }) => id));
  });

  it('gives the same page again for the same cursor, and remembers nothing', async () => {
    const state = memoryStore();
    const { nextCursor } = await searched({ query: 'the', limit: 3 }, testContext());
    const ctx = testContext({ state });
    const page = await searched({ query: 'the', limit: 3, cursor: nextCursor }, ctx);
    expect(page.searchId).toBeUndefined();
    expect(await searched({ query: 'the', limit: 3, cursor: nextCursor }, ctx)).toEqual(page);
    expect(state.size).toBe(0);
  });

  it('takes a query written otherwise as the same query', async () => {
    const ctx = testContext();
    const { nextCursor } = await searched({ query: 'jane  AUSTEN', limit: 2 }, ctx);
    expect((await searched({ query: 'Jane Austen', limit: 2, cursor: nextCursor }, ctx)).records).toHaveLength(2);
  });

  it.each([
    ['another query', { query: 'love' }],
    ['another filter', { query: 'the', language: 'fr' }],
  ])('refuses a cursor with %s', async (_, args) => {
    const ctx = testContext();
    const { nextCursor } = await searched({ query: 'the', limit: 3 }, ctx);
    expect(await fail(searchRecords, { ...args, cursor: nextCursor }, ctx)).toContain('belongs to another query');
  });

  it('refuses a cursor that is made up', async () => {
    expect(await fail(searchRecords, { cursor: '10' }, testContext())).toContain('leave the cursor out');
  });
});

describe('going on by searchId', () => {
  it('gives the next records of the same query until none is left', async () => {
    const ctx = testContext();
    const first = await searched({ query: 'austen', limit: 3 }, ctx);
    const second = await searched({ query: 'austen', limit: 50, searchId: first.searchId }, ctx);
    expect(second.heldBack).toBe(3);
    expect(second.records).toHaveLength(first.total - 3);
    expect(second.nextCursor).toBeUndefined();
    const third = await searched({ query: 'austen', searchId: first.searchId }, ctx);
    expect(third).toMatchObject({ total: first.total, records: [], heldBack: first.total });
  });

  it('holds back across queries what was returned before', async () => {
    const ctx = testContext();
    const first = await searched({ query: 'emma' }, ctx);
    const second = await searched({ query: 'jane austen', searchId: first.searchId }, ctx);
    expect(idsOf(first)).toContain('austen-emma');
    expect(idsOf(second)).not.toContain('austen-emma');
    expect(idsOf(second)).toContain('austen-northanger-abbey');
    expect(second.heldBack).toBe(second.total - second.records.length);
  });

  it('works with a cursor as well: the cursor says where, the searchId what to leave out', async () => {
    const ctx = testContext();
    const first = await searched({ limit: 5 }, ctx);
    const second = await searched({ limit: 5, cursor: first.nextCursor, searchId: first.searchId }, ctx);
    expect(idsOf(second)).toEqual(records.slice(5, 10).map(({ id }) => id));
    expect(second).toMatchObject({ searchId: first.searchId, heldBack: 0 });
    const again = await searched({ limit: 5, cursor: first.nextCursor, searchId: first.searchId }, ctx);
    expect(idsOf(again)).toEqual(records.slice(10, 15).map(({ id }) => id));
    expect(again.heldBack).toBe(5);
  });

  it('never returns a record twice, also to parallel calls', async () => {
    const ctx = testContext();
    const first = await searched({ limit: 4 }, ctx);
    const queries = ['', 'the', 'love', 'a', 'austen', 'of'];
    const pages = await Promise.all(
      Array.from({ length: 24 }, (_, call) =>
        searched({ query: queries[call % queries.length], limit: 9, searchId: first.searchId }, ctx),
      ),
    );
    const returned = [first, ...pages].flatMap(idsOf);
    expect(new Set(returned).size).toBe(returned.length);
    const rest = await searched({ limit: 50, searchId: first.searchId }, ctx);
    expect(rest.heldBack).toBe(returned.length);
  });

  it('is over an hour after the last call, and says how to start anew', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ctx = testContext();
    const { searchId } = await searched({ query: 'austen', limit: 1 }, ctx);
    vi.advanceTimersByTime(3_599_000);
    await searched({ query: 'austen', limit: 1, searchId }, ctx);
    vi.advanceTimersByTime(3_599_000);
    await searched({ query: 'austen', limit: 1, searchId }, ctx);
    vi.advanceTimersByTime(3_601_000);
    expect(await fail(searchRecords, { query: 'austen', searchId }, ctx)).toBe(
      'This searchId is unknown or has expired. Start anew: call search_records without searchId.',
    );
  });

  it('is refused to another principal', async () => {
    const { searchId } = await searched({ query: 'austen' }, testContext());
    expect(await fail(searchRecords, { query: 'austen', searchId }, testContext())).toContain('unknown or has expired');
  });
});
