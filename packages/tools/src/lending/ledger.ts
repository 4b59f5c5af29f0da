import { type AtomicStore, MAX_TTL_SECONDS, MIN_VALUE_CAPACITY_BYTES } from '@mcp-everywhere/platform/state';
import * as z from 'zod';
import type { ToolContext } from '../define-tool.ts';
import { Failure, failure } from '../result.ts';
import { updateState } from '../state/update-state.ts';

/** How many copies the library has of each book. */
export const COPIES = 3;

const KEY = 'lending/ledger';

const FULL =
  'The ledger of the library is full, so nothing was changed. It forgets within twenty minutes how transactions ended, and has room then: call again in a few minutes.';

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
  /** Taken out of the catalogue. Here, and not by itself, so that a book is never both lent and withdrawn. */
  withdrawn: withdrawal.optional(),
});
const booksSchema = z.record(z.string(), shelf);

const outcome = z.object({
  end: z.enum(['committed', 'rolled-back']),
  /** Milliseconds since the epoch: from then on nobody asks any more, and it is left out. */
  until: z.int(),
});

const ledgerSchema = z.object({ books: booksSchema, outcomes: z.record(z.string(), outcome) });

/** Also as version 0.1.0 wrote it: the books alone. */
const storedLedger = z.union([ledgerSchema, booksSchema.transform((books): Ledger => ({ books, outcomes: {} }))]);

export type Withdrawal = z.infer<typeof withdrawal>;

/**
 * Who has what, of all books in one value, and how the transactions ended that were about it: so a commit over several
 * books, and that it was made, are one compare-and-set.
 */
export type Ledger = z.infer<typeof ledgerSchema>;

/** How a book stands. */
export interface Standing {
  /** 0 where nobody has ever taken it. */
  readonly version: number;
  readonly available: number;
  /** How many copies this principal has. */
  readonly mine: number;
  /** A withdrawn book has no copy to lend. */
  readonly withdrawn: Withdrawal | undefined;
}

/** How a book stands, for a principal. */
export function standingOf({ books }: Ledger, recordId: string, principalId: string): Standing {
  const held = books[recordId];
  const out = Object.values(held?.loans ?? {}).reduce((sum, copies) => sum + copies, 0);
  return {
    version: held?.version ?? 0,
    available: held?.withdrawn === undefined ? COPIES - out : 0,
    mine: held?.loans[principalId] ?? 0,
    withdrawn: held?.withdrawn,
  };
}

/** The ledger with one book changed; `copies` is negative where they are returned. */
export function changed(ledger: Ledger, recordId: string, principalId: string, copies: number): Ledger {
  const held = ledger.books[recordId] ?? { version: 0, loans: {} };
  const { [principalId]: mine = 0, ...others } = held.loans;
  const now = mine + copies;
  const loans = now > 0 ? { ...others, [principalId]: now } : others;
  return withBook(ledger, recordId, { version: held.version + 1, loans });
}

/** The ledger with one book, which nobody has, withdrawn or, without a withdrawal, brought back. */
export function shelved(ledger: Ledger, recordId: string, withdrawn?: Withdrawal): Ledger {
  const version = (ledger.books[recordId]?.version ?? 0) + 1;
  return withBook(ledger, recordId, { version, loans: {}, ...(withdrawn && { withdrawn }) });
}

/** The ledger that says how a transaction ended, up to a time in milliseconds since the epoch. */
export function ended(
  ledger: Ledger,
  transactionId: string,
  end: z.infer<typeof outcome>['end'],
  until: number,
): Ledger {
  return { ...ledger, outcomes: { ...ledger.outcomes, [transactionId]: { end, until } } };
}

export async function readLedger(shared: AtomicStore): Promise<Ledger> {
  return parsed(await shared.get(KEY));
}

/**
 * Reads the ledger, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer ledger.
 *
 * @param decide gives what to answer, and the ledger to write, if any; may run several times
 * @returns what was decided, or a failure where the ledger has no room for it
 * @throws the signal's reason: after it has fired no write begins
 */
export function changeLedger<Result>(
  { shared, signal }: Pick<ToolContext, 'shared' | 'signal'>,
  decide: (ledger: Ledger) => { readonly result: Result; readonly next?: Ledger } | Failure,
): Promise<Result | Failure> {
  const decideOnValue = (held: string | undefined) => {
    const decision = decide(parsed(held));
    if (decision instanceof Failure || decision.next === undefined) return decision;
    const value = JSON.stringify(withoutOldOutcomes(decision.next));
    if (new TextEncoder().encode(value).length > MIN_VALUE_CAPACITY_BYTES) return failure(FULL);
    return { result: decision.result, write: { value, ttlSeconds: MAX_TTL_SECONDS } };
  };
  // All who lend write this one value, so that many may be quicker; the signal ends it.
  return updateState<Result>(shared, KEY, decideOnValue, { signal, maxAttempts: Number.POSITIVE_INFINITY });
}

function withBook(ledger: Ledger, recordId: string, book: z.infer<typeof shelf>): Ledger {
  return { ...ledger, books: { ...ledger.books, [recordId]: book } };
}

function withoutOldOutcomes({ books, outcomes }: Ledger): Ledger {
  const now = Date.now();
  return { books, outcomes: Object.fromEntries(Object.entries(outcomes).filter(([, { until }]) => until > now)) };
}

function parsed(held: string | undefined): Ledger {
  return held === undefined ? { books: {}, outcomes: {} } : storedLedger.parse(JSON.parse(held));
}
