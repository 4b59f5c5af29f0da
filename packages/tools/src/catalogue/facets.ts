import * as z from 'zod';
import type { CatalogueRecord } from './catalogue.ts';

/** The most values a facet lists: an empty query has about as many authors as records, and a model pays for each. */
const MAX_VALUES = 40;

const facet = z.array(
  z.object({
    value: z.string().describe('The value'),
    count: z.int().min(1).describe('How many of the matching records have it'),
  }),
);

/** How the matching records spread over each field: the most frequent values first. */
export const facetsSchema = z.object({
  subject: facet.describe('Subjects; a record counts once for each of its own'),
  language: facet.describe('Original languages'),
  author: facet.describe('Authors'),
  century: facet.describe('Centuries of first publication'),
});

export type Facets = z.infer<typeof facetsSchema>;

/** Counts the values of each facet over these records: at most 40 a facet, most frequent first, then by value. */
export function facetsOf(records: readonly CatalogueRecord[]): Facets {
  return {
    subject: countsOf(records.flatMap((record) => record.subjects)),
    language: countsOf(records.map((record) => record.language)),
    author: countsOf(records.map((record) => record.author)),
    century: countsOf(records.map((record) => centuryOf(record.year))),
  };
}

function countsOf(values: readonly string[]): Facets['subject'] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_VALUES);
}

/**
 * The century of a year, counted as historians do: 1801 to 1900 are the 19th.
 *
 * @example
 * centuryOf(1813); // '19th century'
 * centuryOf(-750); // '8th century BC'
 */
export function centuryOf(year: number): string {
  const century = Math.ceil(Math.abs(year) / 100);
  return `${century}${ordinalSuffix(century)} century${year < 0 ? ' BC' : ''}`;
}

function ordinalSuffix(value: number): string {
  if (value > 10 && value < 14) return 'th';
  return ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th';
}
