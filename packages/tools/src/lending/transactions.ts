import type { AtomicStore } from '@mcp-everywhere/platform';
import * as z from 'zod';
import { findRecord } from '../catalogue/catalogue.ts';
import { mintHandle } from '../handle.ts';
import { Failure, failure } from '../result.ts';
import { updateState } from '../state/update-state.ts';
import { COPIES, changed, changeLedger, type Ledger, readLedger, type Standing, standingOf } from './ledger.ts';

const TTL_SECONDS = 15 * 60;
const MAX_STAGED = 20;

const GONE = 'This transactionId is unknown, has ended or has expired. Begin another with begin_transaction.';

const stagedSchema = z.object({
  recordId: z.string(),
  /** Negative where they are returned. */
  copies: z.int(),
  /** How the book stood when it was staged: the change is made only if it still does. */
  version: z.int(),
  available: z.int(),
});
const transactionSchema = z.object({
  expiresAt: z.string(),
  staged: z.array(stagedSchema),
  committed: z.boolean(),
});

export type Staged = z.infer<typeof stagedSchema>;
export type Transaction = z.infer<typeof transactionSchema>;

/** The stores of a caller. */
interface Stores {
  readonly state: AtomicStore;
  readonly shared: AtomicStore;
  readonly principal: { readonly id: string };
}

/** Begins a transaction. It holds nothing: what is staged is looked at again when it is committed. */
export async function begin({ state }: Pick<Stores, 'state'>): Promise<{ transactionId: string; expiresAt: string }> {
  const transactionId = mintHandle('transaction');
  const expiresAt = new Date(Date.now() + TTL_SECONDS * 1000).toISOString();
  await state.set(keyOf(transactionId), JSON.stringify({ expiresAt, staged: [], committed: false }), TTL_SECONDS);
  return { transactionId, expiresAt };
}

/**
 * Stages a change of one book, in place of an earlier one of the same book.
 *
 * @param copies to take, or, negative, to return
 */
export async function stage(
  { state, shared, principal }: Stores,
  transactionId: string,
  recordId: string,
  copies: number,
): Promise<Transaction | Failure> {
  const standing = standingOf(await readLedger(shared), recordId, principal.id);
  const refusal = refusalOf(recordId, copies, standing);
  if (refusal !== undefined) return failure(refusal);
  return updateState<Transaction>(state, keyOf(transactionId), (held) => {
    const transaction = open(held);
    if (transaction instanceof Failure) return transaction;
    const others = transaction.staged.filter((change) => change.recordId !== recordId);
    if (others.length >= MAX_STAGED) return failure(`A transaction takes changes of at most ${MAX_STAGED} books.`);
    const { version, available } = standing;
    const next = { ...transaction, staged: [...others, { recordId, copies, version, available }] };
    return { result: next, write: { value: JSON.stringify(next), ttlSeconds: secondsUntil(transaction.expiresAt) } };
  });
}

/**
 * Makes all staged changes, or none: none where any of the books has changed since it was staged. To commit again what is
 * committed changes nothing more.
 */
export async function commit(
  { state, shared, principal }: Stores,
  transactionId: string,
): Promise<readonly Staged[] | Failure> {
  const transaction = parsed(await state.get(keyOf(transactionId)));
  if (transaction instanceof Failure) return transaction;
  const { staged, expiresAt } = transaction;
  if (transaction.committed) return staged;
  if (staged.length === 0) return failure('Nothing is staged: call stage_change first, or rollback_transaction.');
  const refusal = await changeLedger<string>(shared, (ledger) => {
    const standings = staged.map((change) => ({ change, now: standingOf(ledger, change.recordId, principal.id) }));
    // An earlier commit got as far as the ledger.
    if (standings.every(({ now }) => now.changedBy === transactionId)) return { next: ledger };
    const conflicts = standings.filter(({ change, now }) => now.version !== change.version);
    if (conflicts.length > 0) return { refusal: conflictOf(conflicts) };
    const next = staged.reduce<Ledger>(
      (sum, { recordId, copies }) => changed(sum, recordId, principal.id, copies, transactionId),
      ledger,
    );
    return { next };
  });
  if (refusal !== undefined) return failure(refusal);
  const committed = JSON.stringify({ ...transaction, committed: true });
  await state.set(keyOf(transactionId), committed, secondsUntil(expiresAt));
  return staged;
}

/** Forgets a transaction and all it staged. */
export async function rollback({ state }: Pick<Stores, 'state'>, transactionId: string): Promise<Failure | undefined> {
  const transaction = open(await state.get(keyOf(transactionId)));
  if (transaction instanceof Failure) return transaction;
  await state.delete(keyOf(transactionId));
  return undefined;
}

function refusalOf(recordId: string, copies: number, { available, mine, withdrawn }: Standing): string | undefined {
  if (withdrawn !== undefined)
    return `"${titleOf(recordId)}" has been withdrawn from the catalogue: take another book.`;
  if (copies > available) {
    return `Of "${titleOf(recordId)}" ${available} of ${COPIES} copies are there: take at most so many, or another book.`;
  }
  return -copies > mine
    ? `You have ${mine} copies of "${titleOf(recordId)}": no more than that can be returned.`
    : undefined;
}

function conflictOf(conflicts: readonly { readonly change: Staged; readonly now: Standing }[]): string {
  const lines = conflicts.map(
    ({ change: { recordId, available }, now }) =>
      `"${titleOf(recordId)}" (${recordId}): ${available} of ${COPIES} copies were there when it was staged, now ${now.withdrawn === undefined ? now.available : 'it is withdrawn'}.`,
  );
  return [
    'Nothing was changed, because somebody else changed what this transaction is about:',
    ...lines,
    'Stage these books again with stage_change, then commit again; or give up with rollback_transaction.',
  ].join('\n');
}

function titleOf(recordId: string): string {
  return findRecord(recordId)?.title ?? recordId;
}

/** A transaction that has not ended. */
function open(held: string | undefined): Transaction | Failure {
  const transaction = parsed(held);
  return transaction instanceof Failure || !transaction.committed ? transaction : failure(GONE);
}

function parsed(held: string | undefined): Transaction | Failure {
  if (held === undefined) return failure(GONE);
  return transactionSchema.parse(JSON.parse(held));
}

function secondsUntil(time: string): number {
  return Math.max(1, (Date.parse(time) - Date.now()) / 1000);
}

function keyOf(transactionId: string): string {
  return `transaction/${transactionId}`;
}
