import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import type { ToolContext } from '../src/index.ts';
import { readLedger } from '../src/lending/ledger.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { restoreRecord } from '../src/tools/restore-record.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { withdrawRecord } from '../src/tools/withdraw-record.ts';
import { BOTH, begun, commit, EMMA, GONE, loansOf, readers, staged } from './library.ts';
import { answered, asks, fail } from './test-context.ts';

const MINUTE = 60_000;

let ada: ToolContext;
let bea: ToolContext;
beforeEach(() => {
  [ada, bea] = readers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what the ledger knows of ended transactions', () => {
  it('answers for a quarter of an hour after the commit, and is left out soon after', async () => {
    vi.useFakeTimers();
    const transactionId = await staged(ada, BOTH);
    vi.advanceTimersByTime(14 * MINUTE);
    const first = await commit(transactionId, ada);
    vi.advanceTimersByTime(14 * MINUTE);
    expect((await commit(transactionId, ada)).data).toEqual(first.data);
    vi.advanceTimersByTime(5 * MINUTE);
    const early = await staged(bea, { [EMMA]: 1 });
    await commit(early, bea);
    expect(Object.keys((await readLedger(ada.shared)).outcomes)).toEqual([transactionId, early]);
    vi.advanceTimersByTime(2 * MINUTE);
    const later = await staged(bea, { [EMMA]: 1 });
    await commit(later, bea);
    expect(Object.keys((await readLedger(ada.shared)).outcomes)).toEqual([early, later]);
  });

  it('is bounded: a change that does not fit is refused, and made when there is room', async () => {
    vi.useFakeTimers();
    const transactionId = await staged(ada, BOTH);
    const until = Date.now() + 5 * MINUTE;
    const outcomes = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, index) => [
        `transaction_${index}`.padEnd(44, '0'),
        { end: 'committed', until },
      ]),
    );
    const withdrawn = { at: new Date().toISOString() };
    const books = { 'austen-mansfield-park': { version: 1, loans: {}, withdrawn } };
    await ada.shared.set('lending/ledger', JSON.stringify({ books, outcomes }), 3600);
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ada);
    const input = answered({ confirmation: { action: 'accept', content: { confirm: true } } }, state);
    const full = /^The ledger of the library is full, so nothing was changed\./;
    expect(await fail(withdrawRecord, { recordId: EMMA }, { ...ada, input })).toMatch(full);
    expect(await fail(restoreRecord, { recordId: 'austen-mansfield-park' }, ada)).toMatch(full);
    expect(await fail(commitTransaction, { transactionId }, ada)).toMatch(full);
    expect(await loansOf(ada)).toEqual({});
    vi.advanceTimersByTime(5 * MINUTE);
    await commit(transactionId, ada);
  });

  it('leaves room for every book lent to three, and a thousand commits', async () => {
    const id = 'reader-0123456789-0123456789-012';
    const loans = { [`${id}a`]: 1, [`${id}b`]: 1, [`${id}c`]: 1 };
    const books = Object.fromEntries(records.map((record) => [record.id, { version: 99_999, loans }]));
    const until = Date.now() + 20 * MINUTE;
    const outcomes = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [
        `transaction_${index}`.padEnd(44, '0'),
        { end: 'committed', until },
      ]),
    );
    await ada.shared.set('lending/ledger', JSON.stringify({ books, outcomes }), 3600);
    const returning = { ...ada, principal: { id: `${id}a` } };
    await commit(await staged(returning, { [EMMA]: -1 }), returning);
  });
});

describe('what version 0.1.0 stored', () => {
  it('is a ledger that is read and gone on with', async () => {
    const old = { [EMMA]: { version: 4, loans: { ada: 2 }, changedBy: `transaction_${'0'.repeat(32)}` } };
    await ada.shared.set('lending/ledger', JSON.stringify(old), 3600);
    expect(
      await fail(stageChange, { transactionId: await begun(bea), recordId: EMMA, change: 'take', copies: 2 }, bea),
    ).toMatch(/1 of 3 copies are there/);
    await commit(await staged(ada, { [EMMA]: -1 }), ada);
    expect(await loansOf(ada)).toEqual({ [EMMA]: 1 });
  });

  it('is a transaction that has ended: nobody knows whether its commit was made', async () => {
    const transactionId = await begun(ada);
    const staged = [{ recordId: EMMA, copies: 1, version: 0, available: 3 }];
    const old = { expiresAt: new Date(Date.now() + MINUTE).toISOString(), staged, committed: false };
    await ada.state.set(`transaction/${transactionId}`, JSON.stringify(old), 60);
    expect(await fail(commitTransaction, { transactionId }, ada)).toBe(GONE);
  });
});
