import { type AtomicStore, MAX_TTL_SECONDS } from '@mcp-everywhere/platform/state';
import * as z from 'zod';

/** How many copies the library has of each book. */
export const COPIES = 3;

const KEY = 'lending/ledger';

const withdrawal = z.object({
  /** ISO 8601. */
  at: z.string(),
  reason: z.string().optional(),
});

const shelf = z.object({
  /** Counts the commits that changed this book, so that a change is seen even where the numbers are the same again. */
  version: z.int().min(1),
  /** How many copies each principal has; whoever has none is not there. */
  loans: z.record(z.string(), z.int().min(1)),
  /** The transaction that changed it last; absent where it was none, but a withdrawal or its undoing. */
  changedBy: z.string().optional(),
  /** Taken out of the catalogue. Here, and not by itself, so that a book is never both lent and withdrawn. */
  withdrawn: withdrawal.optional(),
});
const ledgerSchema = z.record(z.string(), shelf);

export type Withdrawal = z.infer<typeof withdrawal>;

/** Who has what, of all books in one value: so a commit over several books is one compare-and-set. */
export type Ledger = z.infer<typeof ledgerSchema>;

/** How a book stands. */
export interface Standing {
  /** 0 where nobody has ever taken it. */
  readonly version: number;
  readonly available: number;
  /** How many copies this principal has. */
  readonly mine: number;
  readonly changedBy: string | undefined;
  /** A withdrawn book has no copy to lend. */
  readonly withdrawn: Withdrawal | undefined;
}

/** How a book stands, for a principal. */
export function standingOf(ledger: Ledger, recordId: string, principalId: string): Standing {
  const held = ledger[recordId];
  const out = Object.values(held?.loans ?? {}).reduce((sum, copies) => sum + copies, 0);
  return {
    version: held?.version ?? 0,
    available: held?.withdrawn === undefined ? COPIES - out : 0,
    mine: held?.loans[principalId] ?? 0,
    changedBy: held?.changedBy,
    withdrawn: held?.withdrawn,
  };
}

/** The ledger with one book changed; `copies` is negative where they are returned. */
export function changed(
  ledger: Ledger,
  recordId: string,
  principalId: string,
  copies: number,
  transactionId: string,
): Ledger {
  const held = ledger[recordId] ?? { version: 0, loans: {} };
  const { [principalId]: mine = 0, ...others } = held.loans;
  const now = mine + copies;
  const loans = now > 0 ? { ...others, [principalId]: now } : others;
  return { ...ledger, [recordId]: { version: held.version + 1, loans, changedBy: transactionId } };
}

/** The ledger with one book, which nobody has, withdrawn or, without a withdrawal, brought back. */
export function shelved(ledger: Ledger, recordId: string, withdrawn?: Withdrawal): Ledger {
  const version = (ledger[recordId]?.version ?? 0) + 1;
  return { ...ledger, [recordId]: { version, loans: {}, ...(withdrawn && { withdrawn }) } };
}

export async function readLedger(shared: AtomicStore): Promise<Ledger> {
  return parsed(await shared.get(KEY));
}

/**
 * Reads the ledger, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer ledger.
 *
 * @param decide gives the ledger to write, or a reason not to
 */
export async function changeLedger<Refusal>(
  shared: AtomicStore,
  decide: (ledger: Ledger) => { readonly next: Ledger } | { readonly refusal: Refusal },
): Promise<Refusal | undefined> {
  for (;;) {
    const held = await shared.read(KEY);
    const decision = decide(parsed(held?.value));
    if ('refusal' in decision) return decision.refusal;
    const value = JSON.stringify(decision.next);
    // A race is lost only to a commit that won.
    if (await shared.compareAndSet(KEY, held?.version ?? 'absent', value, MAX_TTL_SECONDS)) return undefined;
  }
}

function parsed(held: string | undefined): Ledger {
  return held === undefined ? {} : ledgerSchema.parse(JSON.parse(held));
}
