import * as z from 'zod';
import { findRecord, recordId } from '../catalogue/catalogue.ts';
import { noSuchRecord } from '../catalogue/no-such-record.ts';
import { defineTool } from '../define-tool.ts';
import { COPIES, readLedger, standingOf } from '../lending/ledger.ts';
import { statusOf, withdrawalStatus } from '../lending/withdrawal-fields.ts';
import { listWithdrawals, withdraw } from '../lending/withdrawals.ts';
import { elicitForm, inputRequired } from '../question.ts';
import { Failure, failure, text, withContent } from '../result.ts';

const confirmation = elicitForm(
  'confirmation',
  z.object({ confirm: z.boolean().describe('Whether to take the book out of the catalogue, for everybody') }),
);

/** How the book stood when the user was asked: consent is to that, and not to what became of it since. */
const asked = z.object({ version: z.int() });

export const withdrawRecord = defineTool({
  name: 'withdraw_record',
  title: 'Withdraw a book',
  description:
    'Takes one book out of the catalogue, for everybody: no search or look-up shows it any more, and no copy can be taken. The user is asked to confirm first, so it takes a client that can ask. A book of which copies are out cannot be withdrawn. restore_record brings it back.',
  input: z.object({
    recordId: recordId.describe('The id of the book, such as "austen-emma"'),
    reason: z.string().min(1).max(200).optional().describe('Why, for the user who is asked'),
  }),
  output: withdrawalStatus,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  asks: [confirmation],
  async run({ recordId: id, reason }, ctx) {
    const { shared, input, principal } = ctx;
    const record = findRecord(id);
    if (record === undefined) return noSuchRecord(id);
    const { title, author } = record;
    const { version, available, withdrawn } = standingOf(await readLedger(shared), id, principal.id);
    if (withdrawn !== undefined) {
      await listWithdrawals(shared);
      return statusOf(record, withdrawn);
    }

    const before = input.state(asked);
    const answer = before && input.answerTo(confirmation);
    if (answer !== undefined && !(answer.action === 'accept' && answer.content.confirm)) {
      return withContent(statusOf(record), [
        text(`The user did not confirm it, so "${title}" (${id}) stays in the catalogue. Do not ask again unbidden.`),
      ]);
    }
    if (available < COPIES) {
      return failure(
        `"${title}" cannot be withdrawn: ${COPIES - available} of its ${COPIES} copies are out. They have to be returned first.`,
      );
    }
    if (answer === undefined || before?.version !== version) {
      const why = reason === undefined ? '' : ` The reason given: ${reason}`;
      return inputRequired([confirmation.ask(`Withdraw "${title}", by ${author}, from the catalogue?${why}`)], {
        version,
      });
    }
    const withdrawal = await withdraw(ctx, id, version, reason);
    if (withdrawal instanceof Failure) return withdrawal;
    return withdrawal === undefined
      ? failure(`Somebody changed how "${title}" stands at the same moment, so it was not withdrawn. Call again.`)
      : statusOf(record, withdrawal);
  },
});
