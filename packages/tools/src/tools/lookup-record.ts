import * as z from 'zod';
import { type CatalogueRecord, catalogueRecord, recordId } from '../catalogue/catalogue.ts';
import { languageName } from '../catalogue/language-name.ts';
import { defineTool } from '../define-tool.ts';
import { findShelved } from '../lending/withdrawals.ts';
import { Failure, resourceLink, text, withContent } from '../result.ts';

export const lookupRecord = defineTool({
  name: 'lookup_record',
  title: 'Look up a record',
  description:
    'Gives one book of the catalogue by its record id, with its first sentence. Use it when you have an id, from search_records or from the user; to find a book by words, use search_records. An unknown id is answered with the ids nearest to it.',
  input: z.object({
    id: recordId.describe('The record id, such as "austen-pride-and-prejudice"'),
  }),
  output: catalogueRecord,
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run({ id }, { shared }) {
    const record = await findShelved(shared, id);
    if (record instanceof Failure) return record;
    return withContent(record, [
      text(describe(record)),
      resourceLink(`record://${id}`, id, { title: record.title, mimeType: 'application/json' }),
    ]);
  },
});

function describe({ title, author, year, language, subjects, firstSentence }: CatalogueRecord): string {
  return `${title}, by ${author} (${year}, ${languageName(language)}). Subjects: ${subjects.join(', ')}.\n\nIt begins: ${firstSentence}`;
}
