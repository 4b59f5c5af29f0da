import * as z from 'zod';
import { recordId } from '../catalogue/catalogue.ts';
import { defineTool } from '../define-tool.ts';
import { draftId, expiresAt, note } from '../drafts/draft-fields.ts';
import { appendToDraft as append } from '../drafts/draft-store.ts';
import { findShelved } from '../lending/withdrawals.ts';
import { Failure } from '../result.ts';

export const appendToDraft = defineTool({
  name: 'append_to_draft',
  title: 'Add to a reading list',
  description:
    'Adds one book of the catalogue to the end of a reading list that create_draft began, and returns the list so far. A list holds up to 100 books. Adding keeps the draft for its ttlMinutes from now; a book that is on the list already changes nothing (added is false).',
  input: z.object({
    draftId,
    recordId: recordId.describe('The id of the book to add, such as "austen-pride-and-prejudice"'),
    note: note.optional().describe('Why this book is on the list'),
  }),
  output: z.object({
    draftId: z.string().describe('The handle of the draft'),
    added: z.boolean().describe('Whether the book was added; false where it was on the list before'),
    entries: z
      .array(
        z.object({
          recordId: z.string().describe('The id of the book'),
          note: z.string().optional().describe('Why it is on the list'),
        }),
      )
      .describe('The list so far, in the order of adding'),
    expiresAt,
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run({ draftId, recordId: id, note }, ctx) {
    const record = await findShelved(ctx.shared, id);
    if (record instanceof Failure) return record;
    const appended = await append(ctx.state, draftId, { recordId: id, note });
    if (appended instanceof Failure) return appended;
    const { draft, added } = appended;
    const entries = draft.entries.map((entry) => ({ recordId: entry.recordId, note: entry.note }));
    return { draftId, added, entries, expiresAt: draft.expiresAt };
  },
});
