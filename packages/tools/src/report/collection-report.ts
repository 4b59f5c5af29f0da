import * as z from 'zod';
import { type CatalogueRecord, records } from '../catalogue/catalogue.ts';
import { distance } from './distance.ts';

const neighbour = z.object({
  id: z.string().describe('The record id of the book whose beginning is most alike'),
  likeness: z.number().min(0).max(1).describe('1: the same text; 0: nothing in common'),
});

/** What the report says of a collection. */
export const collectionReport = z.object({
  books: z.int().min(0).describe('How many books it is about'),
  subjectsTogether: z
    .array(
      z.object({
        subjects: z.array(z.string()).describe('Two subjects'),
        books: z.int().min(1).describe('How many books are about both'),
      }),
    )
    .describe('Which subjects go together most often, most first'),
  byCentury: z
    .array(
      z.object({
        century: z.int().describe('The first year of the century; negative before our era'),
        books: z.int().min(1).describe('How many books first appeared in it'),
      }),
    )
    .describe('When the books first appeared, oldest first'),
  neighbours: z
    .array(z.object({ id: z.string().describe('A record id'), nearest: z.array(neighbour) }))
    .describe('For each book the three whose beginnings are most alike in wording'),
});

/** The nearest neighbours found so far: for each of the first books of the collection. */
export const neighboursSoFar = collectionReport.shape.neighbours;

export type Neighbours = z.infer<typeof neighboursSoFar>;

const NEAREST = 3;
const MOST_PAIRS = 40;

/** The books that were published from one year to another, both included. */
export function collectionBetween(yearFrom: number | undefined, yearTo: number | undefined): CatalogueRecord[] {
  return records.filter(({ year }) => year >= (yearFrom ?? -Infinity) && year <= (yearTo ?? Infinity));
}

/** The nearest neighbours of some books in a collection. */
export function neighboursOf(some: readonly CatalogueRecord[], collection: readonly CatalogueRecord[]): Neighbours {
  return some.map((book) => {
    const others = collection
      .filter(({ id }) => id !== book.id)
      .map(({ id, firstSentence }) => ({ id, likeness: likeness(book.firstSentence, firstSentence) }))
      .sort((a, b) => b.likeness - a.likeness || (a.id < b.id ? -1 : 1));
    return { id: book.id, nearest: others.slice(0, NEAREST) };
  });
}

/** What takes no time, beside the neighbours, which do. */
export function reportOf(
  collection: readonly CatalogueRecord[],
  neighbours: Neighbours,
): z.infer<typeof collectionReport> {
  return {
    books: collection.length,
    subjectsTogether: subjectsTogether(collection),
    byCentury: byCentury(collection),
    neighbours,
  };
}

function likeness(a: string, b: string): number {
  return Math.round((1 - distance(a, b)) * 1000) / 1000;
}

function subjectsTogether(collection: readonly CatalogueRecord[]) {
  const pairs = collection.flatMap(({ subjects }) => {
    const sorted = [...subjects].sort();
    return sorted.flatMap((one, index) => sorted.slice(index + 1).map((other) => [one, other]));
  });
  return counted(pairs.map((pair) => JSON.stringify(pair)))
    .map(([pair, books]) => ({ subjects: z.array(z.string()).parse(JSON.parse(pair)), books }))
    .slice(0, MOST_PAIRS);
}

function byCentury(collection: readonly CatalogueRecord[]) {
  return counted(collection.map(({ year }) => String(Math.floor(year / 100) * 100)))
    .map(([century, books]) => ({ century: Number(century), books }))
    .sort((a, b) => a.century - b.century);
}

/** Each value and how often it occurs, the most frequent first. */
function counted(values: readonly string[]): [value: string, count: number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}
