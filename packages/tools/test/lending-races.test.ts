import type { AtomicStore } from '@mcp-everywhere/platform';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { describe, expect, it } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import type { ToolContext } from '../src/index.ts';
import { readLedger } from '../src/lending/ledger.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { rollbackTransaction } from '../src/tools/rollback-transaction.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { ABBEY, commit, EMMA, GONE, loansOf, readers, staged } from './library.ts';
import { testContext } from './test-context.ts';

describe('calls at once about one transaction', () => {
  it('agree in what they tell with each other and with the ledger, whatever their order', async () => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < 500; round += 1) {
      const what = await raced(round);
      seen[what] = (seen[what] ?? 0) + 1;
    }
    // Each way for it to go has been gone often, or the test would show nothing of it.
    for (const what of ['rolled back', 'conflict', 'committed with the late change', 'committed without it']) {
      expect(seen[what], what).toBeGreaterThan(10);
    }
  });

  /** Two commits, a change staged late, in every other round a roll-back, and somebody else's commit of the same book. */
  async function raced(round: number): Promise<string> {
    const [ada, bea] = readers();
    const transactionId = await staged(ada, { [EMMA]: 1 });
    const others = await staged(bea, { [EMMA]: 1 });
    const slow = unsteady(ada, round, 40);
    const [one, two, rolledBack, added] = await Promise.all([
      commitTransaction.call({ transactionId }, slow),
      commitTransaction.call({ transactionId }, slow),
      round % 2 === 0 ? rollbackTransaction.call({ transactionId }, slow) : undefined,
      stageChange.call({ transactionId, recordId: ABBEY, change: 'take' }, unsteady(ada, round + 1, 6)),
      commitTransaction.call({ transactionId: others }, unsteady(bea, round + 2, 40)),
    ]);
    const last = await commitTransaction.call({ transactionId }, ada);
    const taken = await loansOf(ada);

    for (const earlier of [one, two].filter(({ kind }) => kind === 'complete')) expect(earlier).toEqual(last);
    if (last.kind !== 'complete') {
      expect(taken).toEqual({});
      if (rolledBack?.kind !== 'complete') return 'conflict';
      expect(last).toEqual({ kind: 'failed', message: GONE });
      return 'rolled back';
    }
    expect(rolledBack?.kind).not.toBe('complete');
    expect(last.data.changed).toEqual(
      Object.entries(taken).map(([recordId, copies]) => ({ recordId, change: 'take', copies })),
    );
    expect(Object.keys(taken)).toEqual(added.kind === 'complete' ? [EMMA, ABBEY] : [EMMA]);
    return added.kind === 'complete' ? 'committed with the late change' : 'committed without it';
  }
});

describe('a transaction', () => {
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

  it('of a hundred that are committed at once, each about another book, every one succeeds', async () => {
    const shared = memoryStore();
    const books = records.slice(0, 100).map(({ id }) => id);
    const each = books.map((recordId) => ({ recordId, ctx: testContext({ shared, principal: { id: recordId } }) }));
    const ids = await Promise.all(each.map(({ recordId, ctx }) => staged(ctx, { [recordId]: 1 })));
    await Promise.all(each.map(({ ctx }, index) => commit(ids[index] ?? '', ctx)));
    expect(Object.keys((await readLedger(shared)).books).sort()).toEqual(books.sort());
  });
});

/** The same stores, whose answers are up to `turns` microtasks on their way, there and back; `seed` says how many. */
function unsteady(ctx: ToolContext, seed: number, turns: number): ToolContext {
  let state = seed;
  const wait = async () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    for (let turn = (state >> 8) % turns; turn > 0; turn -= 1) await undefined;
  };
  const slow = async <Result>(operation: () => Promise<Result>): Promise<Result> => {
    await wait();
    const result = await operation();
    await wait();
    return result;
  };
  const slowed = (store: AtomicStore): AtomicStore => ({
    ...store,
    get: (key) => slow(() => store.get(key)),
    read: (key) => slow(() => store.read(key)),
    delete: (key) => slow(() => store.delete(key)),
    set: (...args) => slow(() => store.set(...args)),
    compareAndSet: (...args) => slow(() => store.compareAndSet(...args)),
  });
  return { ...ctx, state: slowed(ctx.state), shared: slowed(ctx.shared) };
}
