import * as z from 'zod';
import type { CatalogueRecord } from '../catalogue/catalogue.ts';
import type { Withdrawal } from './ledger.ts';

/** What the tools about withdrawals say of a book. */
export const withdrawalStatus = z.object({
  recordId: z.string().describe('The id of the book'),
  title: z.string().describe('Its title'),
  author: z.string().describe('Its author'),
  withdrawn: z.boolean().describe('Whether it is withdrawn now: then no search shows it, and nobody can take it'),
  withdrawnAt: z.string().meta({ format: 'date-time' }).optional().describe('Since when'),
  reason: z.string().optional().describe('Why, in the words of whoever withdrew it'),
});

/** How a book stands, withdrawn or not. */
export function statusOf(
  { id, title, author }: CatalogueRecord,
  withdrawal?: Withdrawal,
): z.input<typeof withdrawalStatus> {
  return {
    recordId: id,
    title,
    author,
    withdrawn: withdrawal !== undefined,
    withdrawnAt: withdrawal?.at,
    reason: withdrawal?.reason,
  };
}
