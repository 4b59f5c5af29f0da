import * as z from 'zod';
import { findRecord, recordId } from '../catalogue/catalogue.ts';
import { noSuchRecord } from '../catalogue/no-such-record.ts';
import { defineTool } from '../define-tool.ts';
import { changeField, copiesField, shown, stagedChanges, transactionId } from '../lending/transaction-fields.ts';
import { stage } from '../lending/transactions.ts';
import { Failure } from '../result.ts';

export const stageChange = defineTool({
  name: 'stage_change',
  title: 'Stage the taking or returning of a book',
  description:
    'Adds one book to a transaction that begin_transaction began: so many copies to take, or to return. Nothing is changed before commit_transaction. A later call for the same book takes the place of the earlier one.',
  input: z.object({
    transactionId,
    recordId: recordId.describe('The id of the book, such as "austen-emma"'),
    change: changeField,
    copies: copiesField.default(1),
  }),
  output: z.object({
    transactionId: z.string().describe('The handle of the transaction'),
    staged: stagedChanges.describe('All that the transaction would change'),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run({ transactionId, recordId: id, change, copies }, ctx) {
    if (findRecord(id) === undefined) return noSuchRecord(id);
    const transaction = await stage(ctx, transactionId, id, change === 'take' ? copies : -copies);
    if (transaction instanceof Failure) return transaction;
    return { transactionId, staged: shown(transaction.staged) };
  },
});
