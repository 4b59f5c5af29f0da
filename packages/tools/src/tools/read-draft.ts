import * as z from 'zod';
import { catalogueRecord, findRecord } from '../catalogue/catalogue.ts';
import { defineTool } from '../define-tool.ts';
import { addedAt, draftId, expiresAt } from '../drafts/draft-fields.ts';
import { readDraft as read } from '../drafts/draft-store.ts';
import { Failure, text, withContent } from '../result.ts';

const readingList = z.object({
  draftId: z.string().describe('The handle of the draft'),
  title: z.string().describe('What the list is called'),
  note: z.string().optional().describe('What or whom the list is for'),
  entries: z
    .array(
      z.object({
        recordId: z.string().describe('The id of the book'),
        record: catalogueRecord.optional().describe('The book; absent where it has left the catalogue since'),
        note: z.string().optional().describe('Why it is on the list'),
        addedAt,
      }),
    )
    .describe('The books in the order of adding'),
  expiresAt,
});

export const readDraft = defineTool({
  name: 'read_draft',
  title: 'Read a reading list',
  description:
    'Gives a whole reading list by its draftId: every book with its full record and note, and as Markdown to show to the user. Use it when the list is done, or to see where it stands. Reading does not prolong the draft.',
  input: z.object({ draftId }),
  output: readingList,
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run({ draftId }, ctx) {
    const draft = await read(ctx.state, draftId);
    if (draft instanceof Failure) return draft;
    const entries = draft.entries.map((entry) => ({ ...entry, record: findRecord(entry.recordId) }));
    const list = { draftId, title: draft.title, note: draft.note, entries, expiresAt: draft.expiresAt };
    return withContent(list, [text(markdownOf(list))]);
  },
});

function markdownOf({ title, note, entries }: z.infer<typeof readingList>): string {
  const lines = entries.map(({ recordId, record, note }) => {
    const book = record === undefined ? recordId : `*${record.title}*, ${record.author} (${record.year})`;
    return `1. ${book}${note === undefined ? '' : `: ${inOneLine(note)}`}`;
  });
  const list = lines.length === 0 ? 'No books yet: add one with append_to_draft.' : lines.join('\n');
  return [`# ${inOneLine(title)}`, note, list].filter((part) => part !== undefined).join('\n\n');
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
