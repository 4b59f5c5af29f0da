import { afterEach, describe, expect, it, vi } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import type { ToolContext } from '../src/index.ts';
import { alive, write } from '../src/lending/transaction-record.ts';
import { failure } from '../src/result.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { rollbackTransaction } from '../src/tools/rollback-transaction.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { ABBEY, begun, commit, EMMA, GONE, MADE, readers, staged } from './library.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

function reader(): ToolContext {
  return testContext();
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a transaction', () => {
  it('takes copies of several books at once, and returns them', async () => {
    const ctx = reader();
    const taken = await commit(await staged(ctx, { [EMMA]: 2, [ABBEY]: 1 }), ctx);
    expect(taken.data.changed).toEqual([
      { recordId: EMMA, change: 'take', copies: 2 },
      { recordId: ABBEY, change: 'take', copies: 1 },
    ]);
    const returned = await commit(await staged(ctx, { [EMMA]: -2, [ABBEY]: -1 }), ctx);
    expect(returned.data.changed).toContainEqual({ recordId: EMMA, change: 'return', copies: 2 });
    await commit(await staged(ctx, { [EMMA]: 3 }), ctx);
  });

  it('changes nothing before it is committed', async () => {
    const [ada, bea] = readers();
    await staged(ada, { [EMMA]: 3 });
    await commit(await staged(bea, { [EMMA]: 3 }), bea);
  });

  it('that somebody else was quicker than changes nothing at all, and says what changed', async () => {
    const [ada, bea] = readers();
    const late = await staged(ada, { [EMMA]: 1, [ABBEY]: 1 });
    await commit(await staged(bea, { [EMMA]: 2 }), bea);
    const message = await fail(commitTransaction, { transactionId: late }, ada);
    expect(message).toContain('"Emma" (austen-emma): 3 of 3 copies were there when it was staged, now 1.');
    expect(message).not.toContain(ABBEY);
    await commit(await staged(bea, { [ABBEY]: 3 }), bea);
  });

  it('can be staged again where it had a conflict, and committed then', async () => {
    const [ada, bea] = readers();
    const late = await staged(ada, { [EMMA]: 1 });
    await commit(await staged(bea, { [EMMA]: 1 }), bea);
    await fail(commitTransaction, { transactionId: late }, ada);
    await complete(stageChange, { transactionId: late, recordId: EMMA, change: 'take' }, ada);
    await commit(late, ada);
  });

  it('is committed once, however often its commit is repeated', async () => {
    const ctx = reader();
    const transactionId = await staged(ctx, { [EMMA]: 1 });
    const first = await commit(transactionId, ctx);
    const second = await commit(transactionId, ctx);
    expect(second.data).toEqual(first.data);
    await commit(await staged(ctx, { [EMMA]: 2 }), ctx);
    expect(await fail(stageChange, { transactionId, recordId: ABBEY, change: 'take' }, ctx)).toBe(MADE);
    expect(await fail(rollbackTransaction, { transactionId }, ctx)).toBe(MADE);
  });

  it('is forgotten a quarter of an hour after it was begun, and holds nothing then', async () => {
    vi.useFakeTimers();
    const ctx = reader();
    const transactionId = await staged(ctx, { [EMMA]: 1 });
    vi.advanceTimersByTime(15 * 60_000 - 500);
    await complete(stageChange, { transactionId, recordId: ABBEY, change: 'take' }, ctx);
    vi.advanceTimersByTime(500);
    expect(await fail(commitTransaction, { transactionId }, ctx)).toBe(GONE);
    vi.advanceTimersByTime(1_000);
    expect(await ctx.state.get(`transaction/${transactionId}`)).toBeUndefined();
  });

  it('that expires on its way to the store is written without an error, and is over all the same', async () => {
    const { state } = reader();
    const { value, ttlSeconds } = write({ status: 'open', expiresAt: new Date().toISOString(), staged: [] });
    await state.set('transaction', value, ttlSeconds);
    expect(alive(await state.get('transaction'))).toEqual(failure(GONE));
  });

  it('that was rolled back is forgotten at once', async () => {
    const ctx = reader();
    const transactionId = await staged(ctx, { [EMMA]: 1 });
    await complete(rollbackTransaction, { transactionId }, ctx);
    expect(await fail(commitTransaction, { transactionId }, ctx)).toBe(GONE);
    expect(await fail(rollbackTransaction, { transactionId }, ctx)).toBe(GONE);
  });

  it('of somebody else is not there', async () => {
    const [ada, bea] = readers();
    const transactionId = await staged(ada, { [EMMA]: 1 });
    const refusals = async () => [
      await fail(stageChange, { transactionId, recordId: EMMA, change: 'take' }, bea),
      await fail(commitTransaction, { transactionId }, bea),
      await fail(rollbackTransaction, { transactionId }, bea),
    ];
    expect(await refusals()).toEqual([GONE, GONE, GONE]);
    await commit(transactionId, ada);
    expect(await refusals()).toEqual([GONE, GONE, GONE]);
  });

  it('without a change has nothing to commit', async () => {
    const ctx = reader();
    expect(await fail(commitTransaction, { transactionId: await begun(ctx) }, ctx)).toMatch(/^Nothing is staged/);
  });
});

describe('staging', () => {
  it('refuses more copies than there are, and more than one has', async () => {
    const [ada, bea] = readers();
    await commit(await staged(bea, { [EMMA]: 2 }), bea);
    const transactionId = await begun(ada);
    const change = (change: string, copies: number) => ({ transactionId, recordId: EMMA, change, copies });
    expect(await fail(stageChange, change('take', 2), ada)).toMatch(/1 of 3 copies are there/);
    expect(await fail(stageChange, change('return', 1), ada)).toMatch(/You have 0 copies/);
    expect(await refuse(stageChange, change('take', 4), ada)).toContain('copies');
  });

  it('takes the later change of a book for the earlier one', async () => {
    const ctx = reader();
    const transactionId = await staged(ctx, { [EMMA]: 3 });
    const { data } = await complete(stageChange, { transactionId, recordId: EMMA, change: 'take', copies: 1 }, ctx);
    expect(data.staged).toEqual([{ recordId: EMMA, change: 'take', copies: 1 }]);
  });

  it('takes twenty books, and no more', async () => {
    const ctx = reader();
    const ids = records.slice(0, 21).map(({ id }) => id);
    const transactionId = await staged(ctx, Object.fromEntries(ids.slice(0, 20).map((id) => [id, 1])));
    const take = (recordId = '') => ({ transactionId, recordId, change: 'take' });
    expect(await fail(stageChange, take(ids[20]), ctx)).toBe('A transaction takes changes of at most 20 books.');
    await complete(stageChange, take(ids[0]), ctx);
    expect((await commit(transactionId, ctx)).data.changed).toHaveLength(20);
  });

  it('names near ids where there is no such book', async () => {
    const ctx = reader();
    const args = { transactionId: await begun(ctx), recordId: 'austen-ema', change: 'take' };
    expect(await fail(stageChange, args, ctx)).toContain(EMMA);
  });
});
