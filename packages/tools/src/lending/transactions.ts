import { type AtomicStore, StoreUnavailable } from '@mcp-everywhere/platform/state';
import type { ToolContext } from '../define-tool.ts';
import { mintHandle } from '../handle.ts';
import { Failure, failure } from '../result.ts';
import { updateState } from '../state/update-state.ts';
import { changed, changeLedger, ended, type Ledger, readLedger, standingOf } from './ledger.ts';
import { type Conflict, conflictOf, refusalOf } from './refusals.ts';
import {
  alive,
  expiryFromNow,
  GONE,
  hasExpired,
  keyOf,
  type Staged,
  type Transaction,
  write,
} from './transaction-record.ts';

const MAX_STAGED = 20;

/**
 * How much longer the ledger knows how a transaction ended than anybody may commit it: the clocks of two instances may be
 * so far apart.
 */
const CLOCKS_APART_MS = 5 * 60_000;

const MADE = `${GONE} This one ended with its commit: its changes were made.`;
const BEGUN =
  'A commit of this transaction has begun, so it takes no more changes. commit_transaction says whether it was made, and makes it if not; rollback_transaction gives it up.';
const IN_DOUBT =
  'Until it answers it is not known whether the changes of this transaction are made: commit_transaction again says so, and makes them if not. They are never made twice.';

type Stores = Pick<ToolContext, 'state' | 'shared' | 'principal'>;
type CommitContext = Stores & Pick<ToolContext, 'signal' | 'log'>;

/** A transaction whose commit has begun, and the value that the store holds of it. */
interface Frozen {
  readonly transaction: Transaction;
  readonly value: string;
}

/** Begins a transaction. It holds nothing: what is staged is looked at again when it is committed. */
export async function begin({ state }: Pick<Stores, 'state'>): Promise<{ transactionId: string; expiresAt: string }> {
  const transactionId = mintHandle('transaction');
  const expiresAt = expiryFromNow();
  const { value, ttlSeconds } = write({ status: 'open', expiresAt, staged: [] });
  await state.set(keyOf(transactionId), value, ttlSeconds);
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
  const ledger = await readLedger(shared);
  const standing = standingOf(ledger, recordId, principal.id);
  return updateState<Transaction>(state, keyOf(transactionId), (held) => {
    const transaction = alive(held);
    if (transaction instanceof Failure) return transaction;
    const end = ledger.outcomes[transactionId]?.end;
    if (end !== undefined) return failure(end === 'committed' ? MADE : GONE);
    if (transaction.status !== 'open') return failure(BEGUN);
    const refusal = refusalOf(recordId, copies, standing);
    if (refusal !== undefined) return failure(refusal);
    const others = transaction.staged.filter((change) => change.recordId !== recordId);
    if (others.length >= MAX_STAGED) return failure(`A transaction takes changes of at most ${MAX_STAGED} books.`);
    const { version, available } = standing;
    const next = { ...transaction, staged: [...others, { recordId, copies, version, available }] };
    return { result: next, write: write(next) };
  });
}

/**
 * Makes all staged changes, or none: none where any of the books has changed since it was staged. A commit that is repeated
 * says what became of the first, and makes the changes where that did not come so far; they are never made twice.
 *
 * @throws the signal's reason: then this call makes no change any more
 */
export async function commit(ctx: CommitContext, transactionId: string): Promise<readonly Staged[] | Failure> {
  const { state } = ctx;
  const frozen = await freeze(ctx, transactionId);
  if (frozen instanceof Failure) return frozen;
  const end = await endInLedger(ctx, transactionId, frozen.transaction);
  if (end instanceof Failure) return end;
  if (end === 'made') return frozen.transaction.staged;
  if (end === 'made before') {
    // Others may have found a conflict in what this call read, staged anew and committed that.
    const made = alive(await state.get(keyOf(transactionId)));
    return made instanceof Failure ? made : made.staged;
  }
  await reopen(state, transactionId, frozen);
  return failure(conflictOf(end));
}

/**
 * Forgets a transaction and all it staged. Where a commit of it has begun, the ledger decides which of the two was first.
 *
 * @throws the signal's reason
 */
export async function rollback(
  { state, shared, signal }: Pick<ToolContext, 'state' | 'shared' | 'signal'>,
  transactionId: string,
): Promise<Failure | undefined> {
  const found = await updateState<Transaction>(state, keyOf(transactionId), (held) => {
    const transaction = alive(held);
    if (transaction instanceof Failure) return transaction;
    if (transaction.status !== 'open') return { result: transaction };
    return { result: transaction, write: write({ ...transaction, status: 'over', staged: [] }) };
  });
  if (found instanceof Failure) return found;
  if (found.status === 'open') return undefined;
  const refusal = await changeLedger<undefined>({ shared, signal }, (ledger) =>
    ledger.outcomes[transactionId]?.end === 'committed'
      ? failure(MADE)
      : { result: undefined, next: ended(ledger, transactionId, 'rolled-back', knownUntil(found)) },
  );
  if (refusal === undefined) await state.delete(keyOf(transactionId));
  return refusal;
}

/** Begins the commit: from here on nothing is staged, so that every attempt is about the same changes. */
function freeze(
  { state, signal }: Pick<ToolContext, 'state' | 'signal'>,
  transactionId: string,
): Promise<Frozen | Failure> {
  const begin = (held: string | undefined) => {
    const transaction = alive(held);
    if (transaction instanceof Failure) return transaction;
    if (held !== undefined && transaction.status === 'committing') return { result: { transaction, value: held } };
    if (transaction.staged.length === 0) {
      return failure('Nothing is staged: call stage_change first, or rollback_transaction.');
    }
    // So one who got no answer can ask again for as long as anybody could commit it.
    const committing: Transaction = { ...transaction, status: 'committing', expiresAt: expiryFromNow() };
    const next = write(committing);
    return { result: { transaction: committing, value: next.value }, write: next };
  };
  return updateState<Frozen>(state, keyOf(transactionId), begin, { signal });
}

/** Decides in the ledger how a transaction ends, or finds it decided. */
async function endInLedger(
  { shared, principal, signal, log }: CommitContext,
  transactionId: string,
  transaction: Transaction,
): Promise<'made' | 'made before' | readonly Conflict[] | Failure> {
  const { staged } = transaction;
  try {
    return await changeLedger<'made' | 'made before' | readonly Conflict[]>({ shared, signal }, (ledger) => {
      const end = ledger.outcomes[transactionId]?.end;
      if (end === 'committed') return { result: 'made before' };
      // A call that slept until its transaction was over must not make what the ledger may have forgotten.
      if (end === 'rolled-back' || hasExpired(transaction)) return failure(GONE);
      const standings = staged.map((change) => ({ change, now: standingOf(ledger, change.recordId, principal.id) }));
      const conflicts = standings.filter(({ change, now }) => now.version !== change.version);
      if (conflicts.length > 0) return { result: conflicts };
      const next = staged.reduce<Ledger>(
        (sum, { recordId, copies }) => changed(sum, recordId, principal.id, copies),
        ledger,
      );
      return { result: 'made', next: ended(next, transactionId, 'committed', knownUntil(transaction)) };
    });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    log.error('The ledger did not answer a commit', { error });
    return failure(`${error.message} ${IN_DOUBT}`);
  }
}

/**
 * Lets a transaction that had a conflict be staged again, unless another call has done so. Versions only grow, so what is in
 * conflict stays so, and no commit of the same changes that is still on its way is made.
 */
async function reopen(state: AtomicStore, transactionId: string, { transaction, value }: Frozen): Promise<void> {
  await updateState<undefined>(state, keyOf(transactionId), (held) =>
    held === value ? { result: undefined, write: write({ ...transaction, status: 'open' }) } : { result: undefined },
  );
}

function knownUntil({ expiresAt }: Transaction): number {
  return Date.parse(expiresAt) + CLOCKS_APART_MS;
}
