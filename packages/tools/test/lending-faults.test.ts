import { type AtomicStore, StoreUnavailable } from '@mcp-everywhere/platform/state';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToolContext } from '../src/index.ts';
import { readLedger } from '../src/lending/ledger.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { restoreRecord } from '../src/tools/restore-record.ts';
import { rollbackTransaction } from '../src/tools/rollback-transaction.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { withdrawRecord } from '../src/tools/withdraw-record.ts';
import { ABBEY, BOTH, commit, EMMA, GONE, loansOf, MADE, readers, stage, staged } from './library.ts';
import { answered, asks, complete, fail } from './test-context.ts';

const MINUTE = 60_000;

let ada: ToolContext;
let bea: ToolContext;
beforeEach(() => {
  [ada, bea] = readers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each([
  { after: 0, landed: false, where: 'before its commit is recorded to have begun' },
  { after: 0, landed: true, where: 'before it hears that its commit is recorded to have begun' },
  { after: 1, landed: false, where: 'before the ledger is written' },
  { after: 1, landed: true, where: 'before it hears that the ledger is written' },
])('a transaction whose process dies $where', ({ after, landed }) => {
  const made = after === 1 && landed;

  async function died(): Promise<string> {
    const transactionId = await staged(ada, BOTH);
    const outcome = commitTransaction.call({ transactionId }, dying(ada, after, landed));
    await expect(outcome.then(({ kind }) => kind, String)).resolves.toMatch(/failed|unavailable/);
    expect(await loansOf(ada)).toEqual(made ? BOTH : {});
    return transactionId;
  }

  it('is made once by a commit that is repeated', async () => {
    const transactionId = await died();
    const first = await commit(transactionId, ada);
    expect((await commit(transactionId, ada)).data).toEqual(first.data);
    expect(first.data.changed).toHaveLength(2);
    expect(await loansOf(ada)).toEqual(BOTH);
  });

  it('tells the truth where somebody else changed one of the books meanwhile', async () => {
    const transactionId = await died();
    await commit(await staged(bea, { [EMMA]: 1 }), bea);
    if (made) {
      expect((await commit(transactionId, ada)).data.changed).toHaveLength(2);
    } else {
      expect(await fail(commitTransaction, { transactionId }, ada)).toContain('Nothing was changed');
      await stage(transactionId, EMMA, 1, ada);
      await commit(transactionId, ada);
    }
    expect(await loansOf(ada)).toEqual(BOTH);
  });

  it('is rolled back only where nothing was changed, and changes nothing then', async () => {
    const transactionId = await died();
    if (made) {
      expect(await fail(rollbackTransaction, { transactionId }, ada)).toBe(MADE);
      expect((await commit(transactionId, ada)).data.changed).toHaveLength(2);
    } else {
      await complete(rollbackTransaction, { transactionId }, ada);
      for (const tool of [commitTransaction, rollbackTransaction]) {
        expect(await fail(tool, { transactionId }, ada)).toBe(GONE);
      }
    }
    expect(await loansOf(ada)).toEqual(made ? BOTH : {});
  });

  it('takes no change that its commit would not make', async () => {
    const transactionId = await died();
    const change = { transactionId, recordId: EMMA, change: 'take', copies: 2 };
    const begins = after === 1 || landed;
    if (begins) {
      const refusal = made ? MADE : /^A commit of this transaction has begun, so it takes no more changes/;
      expect(await fail(stageChange, change, ada)).toMatch(refusal);
    } else {
      await complete(stageChange, change, ada);
    }
    await commit(transactionId, ada);
    expect(await loansOf(ada)).toEqual({ ...BOTH, [EMMA]: begins ? 1 : 2 });
  });
});

describe('a transaction that is rolled back while its commit is on its way', () => {
  it('ends in one of the two', async () => {
    const transactionId = await staged(ada, BOTH);
    const { late, goOn } = await heldAtLedger(ada, transactionId);
    await complete(rollbackTransaction, { transactionId }, ada);
    goOn();
    expect(await late).toEqual({ kind: 'failed', message: GONE });
    expect(await loansOf(ada)).toEqual({});
  });

  it('is over where the roll-back dies in the middle', async () => {
    const transactionId = await staged(ada, BOTH);
    const { late, goOn } = await heldAtLedger(ada, transactionId);
    await expect(rollbackTransaction.call({ transactionId }, dying(ada, 1, false))).rejects.toThrow(StoreUnavailable);
    goOn();
    expect(await late).toEqual({ kind: 'failed', message: GONE });
    expect(await fail(stageChange, { transactionId, recordId: EMMA, change: 'take' }, ada)).toBe(GONE);
    await complete(rollbackTransaction, { transactionId }, ada);
    expect(await fail(rollbackTransaction, { transactionId }, ada)).toBe(GONE);
  });
});

describe('a commit that is overtaken', () => {
  it('tells what was committed, and not what it had read', async () => {
    const transactionId = await staged(ada, BOTH);
    const { late, goOn } = await heldAtLedger(ada, transactionId);
    await commit(await staged(bea, { [EMMA]: 1 }), bea);
    expect(await fail(commitTransaction, { transactionId }, ada)).toContain('Nothing was changed');
    await stage(transactionId, EMMA, 2, ada);
    const { data } = await commit(transactionId, ada);
    goOn();
    expect(await late).toEqual({ kind: 'complete', data });
    expect(await loansOf(ada)).toEqual({ ...BOTH, [EMMA]: 2 });
  });

  it('does not open a transaction again that another call has staged anew and begun to commit', async () => {
    const transactionId = await staged(ada, BOTH);
    await commit(await staged(bea, { [EMMA]: 1 }), bea);
    const { late, goOn } = await heldAtLedger(ada, transactionId, 1);
    expect(await fail(commitTransaction, { transactionId }, ada)).toContain('Nothing was changed');
    await stage(transactionId, EMMA, 1, ada);
    const second = await heldAtLedger(ada, transactionId);
    goOn();
    expect(await late).toMatchObject({ kind: 'failed', message: expect.stringContaining('Nothing was changed') });
    const change = { transactionId, recordId: ABBEY, change: 'take', copies: 3 };
    expect(await fail(stageChange, change, ada)).toContain('A commit of this transaction has begun');
    second.goOn();
    expect(await second.late).toMatchObject({ kind: 'complete' });
    expect(await loansOf(ada)).toEqual(BOTH);
  });

  it('makes nothing once its transaction is over, though the ledger has forgotten the roll-back', async () => {
    vi.useFakeTimers();
    const transactionId = await staged(ada, { [EMMA]: 1 });
    const { late, goOn } = await heldAtLedger(ada, transactionId);
    await complete(rollbackTransaction, { transactionId }, ada);
    vi.advanceTimersByTime(21 * MINUTE);
    await commit(await staged(bea, { [ABBEY]: 1 }), bea);
    expect((await readLedger(ada.shared)).outcomes).not.toHaveProperty(transactionId);
    goOn();
    expect(await late).toEqual({ kind: 'failed', message: GONE });
    expect(await loansOf(ada)).toEqual({});
  });
});

describe('a commit whose store fails', () => {
  it('says that it is not known what became of it, names the store, and logs the cause', async () => {
    const transactionId = await staged(ada, BOTH);
    const error = vi.fn();
    const ctx = { ...dying(ada, 1, true), log: { ...ada.log, error } };
    const message = await fail(commitTransaction, { transactionId }, ctx);
    expect(message).toMatch(
      /^The state store "memory" is unavailable\..* it is not known whether .*commit_transaction/,
    );
    expect(error).toHaveBeenCalledWith(expect.any(String), { error: expect.any(StoreUnavailable) });
  });

  it('passes on what is no failure of the store', async () => {
    const transactionId = await staged(ada, BOTH);
    const shared = { ...ada.shared, compareAndSet: () => Promise.reject(new TypeError('a bug')) };
    await expect(commitTransaction.call({ transactionId }, { ...ada, shared })).rejects.toThrow('a bug');
  });
});

describe('a call that was stopped', () => {
  const stopped = new Error('stopped');

  it('changes nothing where the signal fires before the ledger is written', async () => {
    const transactionId = await staged(ada, BOTH);
    const { signal, abort } = stoppable();
    const shared: AtomicStore = {
      ...ada.shared,
      async read(key) {
        abort();
        return ada.shared.read(key);
      },
    };
    await expect(commitTransaction.call({ transactionId }, { ...ada, shared, signal })).rejects.toBe(stopped);
    await expect(rollbackTransaction.call({ transactionId }, { ...ada, signal })).rejects.toBe(stopped);
    expect(await readLedger(ada.shared)).toEqual({ books: {}, outcomes: {} });
    await complete(rollbackTransaction, { transactionId }, ada);
  });

  it('changes nothing where the signal fires while others are quicker', async () => {
    const transactionId = await staged(ada, { [EMMA]: 1 });
    const { signal, abort } = stoppable();
    const shared: AtomicStore = {
      ...ada.shared,
      async compareAndSet() {
        abort();
        return undefined;
      },
    };
    await expect(commitTransaction.call({ transactionId }, { ...ada, shared, signal })).rejects.toBe(stopped);
    expect(await loansOf(ada)).toEqual({});
  });

  it('does not begin a commit', async () => {
    const transactionId = await staged(ada, { [EMMA]: 1 });
    const { signal, abort } = stoppable();
    abort();
    await expect(commitTransaction.call({ transactionId }, { ...ada, signal })).rejects.toBe(stopped);
    await stage(transactionId, ABBEY, 1, ada);
  });

  it('is told by the next what became of a write that was on its way', async () => {
    const transactionId = await staged(ada, BOTH);
    const { signal, abort } = stoppable();
    const shared: AtomicStore = {
      ...ada.shared,
      async compareAndSet(...args) {
        abort();
        return ada.shared.compareAndSet(...args);
      },
    };
    await commit(transactionId, { ...ada, shared, signal });
    expect((await commit(transactionId, ada)).data.changed).toHaveLength(2);
    expect(await loansOf(ada)).toEqual(BOTH);
  });

  it('neither withdraws a book nor brings one back', async () => {
    const { signal, abort } = stoppable();
    abort();
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ada);
    const input = answered({ confirmation: { action: 'accept', content: { confirm: true } } }, state);
    await expect(withdrawRecord.call({ recordId: EMMA }, { ...ada, input, signal })).rejects.toBe(stopped);
    expect((await complete(withdrawRecord, { recordId: EMMA }, { ...ada, input })).data.withdrawn).toBe(true);
    await expect(restoreRecord.call({ recordId: EMMA }, { ...ada, signal })).rejects.toBe(stopped);
    expect((await readLedger(ada.shared)).books[EMMA]?.withdrawn).toBeDefined();
  });

  function stoppable() {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort(stopped) };
  }
});

/** The context of a process that dies at its next write but `after`, in either store, which still lands or does not. */
function dying(ctx: ToolContext, after: number, landed: boolean): ToolContext {
  let writes = 0;
  const dead = (store: AtomicStore): AtomicStore => {
    const fatal = async <Result>(write: () => Promise<Result>): Promise<Result> => {
      writes += 1;
      if (writes <= after) return write();
      if (writes === after + 1 && landed) await write();
      throw new StoreUnavailable(store.kind, new Error('killed'));
    };
    return {
      ...store,
      set: (...args) => fatal(() => store.set(...args)),
      delete: (...args) => fatal(() => store.delete(...args)),
      compareAndSet: (...args) => fatal(() => store.compareAndSet(...args)),
    };
  };
  return { ...ctx, state: dead(ctx.state), shared: dead(ctx.shared) };
}

/**
 * A commit that has begun and goes no further than to the ledger, which it reads when it is told to.
 *
 * @param reads it waits before it reads the ledger for the first time, or, with 1, before it goes on from there
 */
async function heldAtLedger(ctx: ToolContext, transactionId: string, reads: 0 | 1 = 0) {
  const { promise: going, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: there, resolve: arrive } = Promise.withResolvers<void>();
  const shared: AtomicStore = {
    ...ctx.shared,
    async read(key) {
      const early = reads === 1 ? await ctx.shared.read(key) : undefined;
      arrive();
      await going;
      return early ?? ctx.shared.read(key);
    },
  };
  const late = commitTransaction.call({ transactionId }, { ...ctx, shared });
  await there;
  return { late, goOn };
}
