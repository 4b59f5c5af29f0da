import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { transactionId } from '../lending/transaction-fields.ts';
import { rollback } from '../lending/transactions.ts';

export const rollbackTransaction = defineTool({
  name: 'rollback_transaction',
  title: 'Give up a transaction',
  description:
    'Forgets a transaction and all that it has staged. Nothing was changed by it, and nothing will be; where that is not so any more, because a commit was quicker, the call fails and says so. One that is left alone is forgotten by itself.',
  input: z.object({ transactionId }),
  output: z.object({ transactionId: z.string().describe('The handle, which is good for nothing any more') }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async run({ transactionId }, ctx) {
    return (await rollback(ctx, transactionId)) ?? { transactionId };
  },
});
