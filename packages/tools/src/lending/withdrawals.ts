import { type AtomicStore, MAX_TTL_SECONDS } from '@mcp-everywhere/platform/state';
import * as z from 'zod';
import { type CatalogueRecord, findRecord } from '../catalogue/catalogue.ts';
import { noSuchRecord } from '../catalogue/no-such-record.ts';
import type { ToolContext } from '../define-tool.ts';
import { Failure, failure } from '../result.ts';
import { changeLedger, readLedger, shelved, type Withdrawal } from './ledger.ts';

/** The list that look-ups read, and not the ledger, which may be a hundred times as long. */
const LIST_KEY = 'lending/withdrawn';

type LedgerContext = Pick<ToolContext, 'shared' | 'signal'>;

const idList = z.array(z.string());

/** A record that is shown, or a failure that says why not. Reads state only for a book that the catalogue has. */
export async function findShelved(shared: AtomicStore, id: string): Promise<CatalogueRecord | Failure> {
  const record = findRecord(id);
  if (record === undefined) return noSuchRecord(id);
  const withdrawn = await withdrawnIds(shared);
  // The reason stays out of it: somebody else's words are not for every model that looks the book up.
  return withdrawn.has(id)
    ? failure(`"${record.title}" (${id}) has been withdrawn from the catalogue. restore_record brings it back.`)
    : record;
}

/** The ids of all withdrawn books. */
export async function withdrawnIds(shared: AtomicStore): Promise<ReadonlySet<string>> {
  const held = await shared.get(LIST_KEY);
  return new Set(held === undefined ? [] : idList.parse(JSON.parse(held)));
}

/**
 * Brings the list up to the ledger. Whoever withdrew or restored a book does so, and whoever finds it done already: so a
 * call that is repeated mends what one left behind that ended in between.
 */
export async function listWithdrawals(shared: AtomicStore): Promise<void> {
  for (;;) {
    // Before the ledger: a list made of an older ledger than another's then does not replace it.
    const held = await shared.read(LIST_KEY);
    const { books } = await readLedger(shared);
    const value = JSON.stringify(Object.keys(books).filter((id) => books[id]?.withdrawn !== undefined));
    if (value === (held?.value ?? '[]')) return;
    if (await shared.compareAndSet(LIST_KEY, held?.version ?? 'absent', value, MAX_TTL_SECONDS)) return;
  }
}

/**
 * Takes a book out of the catalogue, if it still stands as it did at `version`.
 *
 * @returns the withdrawal, or the one that was quicker; `undefined` where somebody changed the book otherwise; a failure
 *   where the ledger has no room for it
 * @throws the signal's reason
 */
export async function withdraw(
  ctx: LedgerContext,
  recordId: string,
  version: number,
  reason: string | undefined,
): Promise<Withdrawal | Failure | undefined> {
  const withdrawal: Withdrawal = { at: new Date().toISOString(), ...(reason !== undefined && { reason }) };
  const outcome = await changeLedger<Withdrawal | undefined>(ctx, (ledger) => {
    const held = ledger.books[recordId];
    if (held?.withdrawn !== undefined) return { result: held.withdrawn };
    if ((held?.version ?? 0) !== version) return { result: undefined };
    return { result: withdrawal, next: shelved(ledger, recordId, withdrawal) };
  });
  if (outcome !== undefined && !(outcome instanceof Failure)) await listWithdrawals(ctx.shared);
  return outcome;
}

/**
 * Brings a withdrawn book back; one that is not withdrawn stays as it is.
 *
 * @throws the signal's reason
 */
export async function restore(ctx: LedgerContext, recordId: string): Promise<Failure | undefined> {
  const refusal = await changeLedger<undefined>(ctx, (ledger) =>
    ledger.books[recordId]?.withdrawn === undefined
      ? { result: undefined }
      : { result: undefined, next: shelved(ledger, recordId) },
  );
  if (refusal === undefined) await listWithdrawals(ctx.shared);
  return refusal;
}
