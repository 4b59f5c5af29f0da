import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ToolContext } from '../src/index.ts';
import { beginTransaction } from '../src/tools/begin-transaction.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { rollbackTransaction } from '../src/tools/rollback-transaction.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

const EMMA = 'austen-emma';
const ABBEY = 'austen-northanger-abbey';
const GONE = 'This transactionId is unknown, has ended or has expired. Begin another with begin_transaction.';

/** Two readers of one library. */
function readers(): readonly [ada: ToolContext, bea: ToolContext] {
  const shared = memoryStore();
  return [testContext({ shared, principal: { id: 'ada' } }), testContext({ shared, principal: { id: 'bea' } })];
}

function reader(): ToolContext {
  return testContext();
}

async function begun(ctx: ToolContext): Promise<string> {
  return String((await complete(beginTransaction, {}, ctx)).data.transactionId);
}

async function staged(ctx: ToolContext, changes: Record<string, number>): Promise<string> {
  const transactionId = await begun(ctx);
  for (const [recordId, copies] of Object.entries(changes)) {
    const change = copies > 0 ? 'take' : 'return';
    await complete(stageChange, { transactionId, recordId, change, copies: Math.abs(copies) }, ctx);
  }
  return transactionId;
}

const commit = (transactionId: string, ctx: ToolContext) => complete(commitTransaction, { transactionId }, ctx);

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
    expect(await fail(stageChange, { transactionId, recordId: ABBEY, change: 'take' }, ctx)).toBe(GONE);
  });

  it('whose commit was lost between the ledger and its own end is not made twice', async () => {
    const ctx = reader();
    const transactionId = await staged(ctx, { [EMMA]: 1 });
    const before = (await ctx.state.get(`transaction/${transactionId}`)) ?? '';
    await commit(transactionId, ctx);
    await ctx.state.set(`transaction/${transactionId}`, before, 60);
    await commit(transactionId, ctx);
    await commit(await staged(ctx, { [EMMA]: 2 }), ctx);
  });

  it('of two that race for the same copies, exactly one wins, every time', async () => {
    for (let round = 0; round < 500; round += 1) {
      const both = readers();
      const ids = await Promise.all(both.map((ctx) => staged(ctx, { [EMMA]: 2, [ABBEY]: 1 })));
      const outcomes = await Promise.all(
        both.map((ctx, index) => commitTransaction.call({ transactionId: ids[index] }, ctx)),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['complete', 'failed']);
    }
  });

  it('is forgotten after a quarter of an hour, and when it is rolled back', async () => {
    vi.useFakeTimers();
    const ctx = reader();
    const left = await staged(ctx, { [EMMA]: 1 });
    vi.advanceTimersByTime(15 * 60_000 + 1);
    expect(await fail(commitTransaction, { transactionId: left }, ctx)).toBe(GONE);
    const given = await staged(ctx, { [EMMA]: 1 });
    await complete(rollbackTransaction, { transactionId: given }, ctx);
    expect(await fail(commitTransaction, { transactionId: given }, ctx)).toBe(GONE);
  });

  it('of somebody else is not there', async () => {
    const [ada, bea] = readers();
    const transactionId = await staged(ada, { [EMMA]: 1 });
    expect(await fail(commitTransaction, { transactionId }, bea)).toBe(GONE);
    expect(await fail(rollbackTransaction, { transactionId }, bea)).toBe(GONE);
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

  it('names near ids where there is no such book', async () => {
    const ctx = reader();
    const args = { transactionId: await begun(ctx), recordId: 'austen-ema', change: 'take' };
    expect(await fail(stageChange, args, ctx)).toContain(EMMA);
  });
});
