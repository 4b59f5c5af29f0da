import * as z from 'zod';
import { type Failure, failure } from '../result.ts';

/** How long a transaction lives after it was begun, and after its commit has begun. */
const TTL_SECONDS = 15 * 60;

export const GONE = 'This transactionId is unknown, has ended or has expired. Begin another with begin_transaction.';

const stagedSchema = z.object({
  recordId: z.string(),
  /** Negative where they are returned. */
  copies: z.int(),
  /** How the book stood when it was staged: the change is made only if it still does. */
  version: z.int(),
  available: z.int(),
});

const transactionSchema = z.object({
  /**
   * `open`: takes changes. `committing`: a commit has begun, so the changes stay as they are; whether it was made is in the
   * ledger, and nowhere else. `over`: rolled back.
   */
  status: z.enum(['open', 'committing', 'over']),
  /** ISO 8601. */
  expiresAt: z.string(),
  staged: z.array(stagedSchema),
});

export type Staged = z.infer<typeof stagedSchema>;
export type Transaction = z.infer<typeof transactionSchema>;

/** A transaction that lives, or a failure that is the same for one that never was. */
export function alive(held: string | undefined): Transaction | Failure {
  // One that version 0.1.0 began has no status. It is forgotten: nobody knows any more what became of its commit.
  const transaction = held === undefined ? undefined : transactionSchema.safeParse(JSON.parse(held)).data;
  return transaction === undefined || transaction.status === 'over' || hasExpired(transaction)
    ? failure(GONE)
    : transaction;
}

/** Whether its time is over, by the clock of this instance. */
export function hasExpired({ expiresAt }: Pick<Transaction, 'expiresAt'>): boolean {
  return Date.parse(expiresAt) <= Date.now();
}

/** When a transaction expires that begins now, or whose commit does. */
export function expiryFromNow(): string {
  return new Date(Date.now() + TTL_SECONDS * 1000).toISOString();
}

/** What to write of a transaction; it leaves the store when it expires. */
export function write(transaction: Transaction): { readonly value: string; readonly ttlSeconds: number } {
  // What has expired on its way here is written for a moment: `alive` tells it from the others.
  const ttlSeconds = Math.max(1, (Date.parse(transaction.expiresAt) - Date.now()) / 1000);
  return { value: JSON.stringify(transaction), ttlSeconds };
}

export function keyOf(transactionId: string): string {
  return `transaction/${transactionId}`;
}
