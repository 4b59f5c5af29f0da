import * as z from 'zod';
import books from './books.json' with { type: 'json' };

/** A year of first publication; negative before our era. */
export const year = z.int().min(-3000).max(3000);

/** A catalogue record: one book. The schema is the type, and what tools show of it. */
export const catalogueRecord = z.object({
  id: z.string().describe('The record id: a slug of author and title'),
  title: z
    .string()
    .describe('The title in the original language where that is written in Latin script, otherwise in English'),
  author: z.string().describe('The full name of the author'),
  year: year.describe('The year of first publication; negative before our era'),
  language: z.string().describe('The language it was written in, as a BCP 47 code such as "fr"'),
  subjects: z.array(z.string()).describe('What it is about, in the words of the catalogue'),
  firstSentence: z.string().describe('How it begins, in the original language where that is known; "…" marks a cut'),
});

export type CatalogueRecord = z.infer<typeof catalogueRecord>;

/** A record as lists show it. */
export const recordSummary = catalogueRecord.omit({ firstSentence: true });

/** A record id as input; that there is such a record is checked by whoever looks it up. */
export const recordId = z.string().min(1).max(100);

/** Every record, by ascending id. */
export const records: readonly CatalogueRecord[] = books;

/** Every subject and every language that occurs, in alphabetical order: the words a filter takes. */
export const subjects = distinct(records.flatMap((record) => record.subjects));
export const languages = distinct(records.map((record) => record.language));

const byId = new Map(records.map((record) => [record.id, record]));

/** The record with exactly this id. */
export function findRecord(id: string): CatalogueRecord | undefined {
  return byId.get(id);
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
