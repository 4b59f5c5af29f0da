import * as z from 'zod';
import { findRecord, recordId } from '../catalogue/catalogue.ts';
import { noSuchRecord } from '../catalogue/no-such-record.ts';
import { defineTool } from '../define-tool.ts';
import { statusOf, withdrawalStatus } from '../lending/withdrawal-fields.ts';
import { restore } from '../lending/withdrawals.ts';

export const restoreRecord = defineTool({
  name: 'restore_record',
  title: 'Bring a withdrawn book back',
  description:
    'Brings a book back into the catalogue that withdraw_record took out. A book that is not withdrawn stays as it is.',
  input: z.object({ recordId: recordId.describe('The id of the book, such as "austen-emma"') }),
  output: withdrawalStatus,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run({ recordId: id }, ctx) {
    const record = findRecord(id);
    if (record === undefined) return noSuchRecord(id);
    return (await restore(ctx, id)) ?? statusOf(record);
  },
});
