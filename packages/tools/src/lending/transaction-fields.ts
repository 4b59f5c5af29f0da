import * as z from 'zod';
import { handleOf } from '../handle.ts';
import type { Staged } from './transaction-record.ts';

/** The fields that the tools about transactions share. */
export const transactionId = handleOf('transaction', 'begin_transaction').describe(
  'The transactionId that begin_transaction returned',
);

const change = z.enum(['take', 'return']);

export const changeField = change.describe('Whether copies are taken or returned');

export const copiesField = z.int().min(1).max(3).describe('How many copies');

export const stagedChanges = z.array(
  z.object({
    recordId: z.string().describe('The id of the book'),
    change: changeField,
    copies: copiesField,
  }),
);

/** Staged changes as tools show them. */
export function shown(staged: readonly Staged[]): z.input<typeof stagedChanges> {
  return staged.map(({ recordId, copies }) => ({
    recordId,
    change: copies > 0 ? 'take' : 'return',
    copies: Math.abs(copies),
  }));
}
