import { findRecord } from '../catalogue/catalogue.ts';
import { COPIES, type Standing } from './ledger.ts';
import type { Staged } from './transaction-record.ts';

/** A staged change, and how its book stands now, where that is not as it stood then. */
export interface Conflict {
  readonly change: Staged;
  readonly now: Standing;
}

/** Why a change cannot be staged, as a book stands; `undefined` where it can. */
export function refusalOf(
  recordId: string,
  copies: number,
  { available, mine, withdrawn }: Standing,
): string | undefined {
  if (withdrawn !== undefined)
    return `"${titleOf(recordId)}" has been withdrawn from the catalogue: take another book.`;
  if (copies > available) {
    return `Of "${titleOf(recordId)}" ${available} of ${COPIES} copies are there: take at most so many, or another book.`;
  }
  return -copies > mine
    ? `You have ${mine} copies of "${titleOf(recordId)}": no more than that can be returned.`
    : undefined;
}

/** Which books have changed since they were staged, and how. */
export function conflictOf(conflicts: readonly Conflict[]): string {
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
