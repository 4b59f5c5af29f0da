import type { AtomicStore } from '@mcp-everywhere/platform';
import { type CatalogueRecord, findRecord } from '../catalogue/catalogue.ts';
import { noSuchRecord } from '../catalogue/no-such-record.ts';
import { type Failure, failure } from '../result.ts';
import { changeLedger, readLedger, shelved, type Withdrawal } from './ledger.ts';

/** A record that is shown, or a failure that says why not. Reads state only for a book that the catalogue has. */
export async function findShelved(shared: AtomicStore, id: string): Promise<CatalogueRecord | Failure> {
  const record = findRecord(id);
  if (record === undefined) return noSuchRecord(id);
  const ledger = await readLedger(shared);
  // The reason stays out of it: somebody else's words are not for every model that looks the book up.
  return ledger[id]?.withdrawn === undefined
    ? record
    : failure(`"${record.title}" (${id}) has been withdrawn from the catalogue. restore_record brings it back.`);
}

/** The ids of all withdrawn books. */
export async function withdrawnIds(shared: AtomicStore): Promise<ReadonlySet<string>> {
  const ledger = await readLedger(shared);
  return new Set(Object.keys(ledger).filter((id) => ledger[id]?.withdrawn !== undefined));
}

/**
 * Takes a book out of the catalogue, if it still stands as it did at `version`.
 *
 * @returns the withdrawal, or the one that was quicker; `undefined` where somebody changed the book otherwise
 */
export async function withdraw(
  shared: AtomicStore,
  recordId: string,
  version: number,
  reason: string | undefined,
): Promise<Withdrawal | undefined> {
  const withdrawal: Withdrawal = { at: new Date().toISOString(), ...(reason !== undefined && { reason }) };
  const refusal = await changeLedger<Withdrawal | 'changed'>(shared, (ledger) => {
    const held = ledger[recordId];
    if (held?.withdrawn !== undefined) return { refusal: held.withdrawn };
    if ((held?.version ?? 0) !== version) return { refusal: 'changed' };
    return { next: shelved(ledger, recordId, withdrawal) };
  });
  return refusal === 'changed' ? undefined : (refusal ?? withdrawal);
}

/** Brings a withdrawn book back; one that is not withdrawn stays as it is. */
export async function restore(shared: AtomicStore, recordId: string): Promise<void> {
  await changeLedger<'there already'>(shared, (ledger) =>
    ledger[recordId]?.withdrawn === undefined ? { refusal: 'there already' } : { next: shelved(ledger, recordId) },
  );
}
