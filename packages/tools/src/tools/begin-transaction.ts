import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { begin } from '../lending/transactions.ts';

export const beginTransaction = defineTool({
  name: 'begin_transaction',
  title: 'Begin to take and return books',
  description:
    'Begins a transaction, in which copies of several books are taken and returned at once: all of them, or none. Use stage_change for each book, then commit_transaction; rollback_transaction gives up. It keeps no book from anybody meanwhile, and is forgotten after a quarter of an hour.',
  input: z.object({}),
  output: z.object({
    transactionId: z.string().describe('The handle of the transaction: pass it to the tools that go on with it'),
    expiresAt: z.string().meta({ format: 'date-time' }).describe('When it is forgotten unless it is committed before'),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  run: (_, ctx) => begin(ctx),
});
