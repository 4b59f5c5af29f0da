import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { shown, stagedChanges, transactionId } from '../lending/transaction-fields.ts';
import { commit } from '../lending/transactions.ts';
import { Failure } from '../result.ts';

export const commitTransaction = defineTool({
  name: 'commit_transaction',
  title: 'Take and return the staged books',
  description:
    'Makes all changes that a transaction has staged, or none. None is made where somebody else has changed one of the books since it was staged: the error names those books, and they can be staged again. Where its answer was lost, call it again: it says what became of the changes, and never makes them twice.',
  input: z.object({ transactionId }),
  output: z.object({ changed: stagedChanges.describe('What was changed') }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async run({ transactionId }, ctx) {
    const staged = await commit(ctx, transactionId);
    return staged instanceof Failure ? staged : { changed: shown(staged) };
  },
});
