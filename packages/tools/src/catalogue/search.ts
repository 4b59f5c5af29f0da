import { type CatalogueRecord, records } from './catalogue.ts';
import { wordsOf } from './words.ts';

/** What narrows a search; every filter given must hold. */
export interface Filters {
  readonly subject?: string | undefined;
  readonly language?: string | undefined;
  /** Words that must all be in the author's name. */
  readonly author?: string | undefined;
  readonly yearFrom?: number | undefined;
  readonly yearTo?: number | undefined;
}

/** How much a word counts where it occurs: someone who types a word of a title means that title. */
const FIELD_WEIGHTS = { title: 8, author: 6, subjects: 4, firstSentence: 1 } as const;
/** The last word may still be being typed: the beginning of a word counts half. */
const PREFIX_WEIGHT = 0.5;

/** The words of a record, each with how much it counts. */
type Weights = ReadonlyMap<string, number>;

/**
 * Full-text search over title, author, subjects and first sentence, whatever the case and diacritics.
 *
 * @param query every word must occur; the last may be the beginning of one; without a word it matches all
 * @returns all that match, best first, then by id
 *
 * @example
 * search('BRONTE jan', { yearTo: 1850 }); // Jane Eyre, by Charlotte Brontë
 */
export function search(query: string, filters: Filters = {}): readonly CatalogueRecord[] {
  const words = wordsOf(query);
  const passes = filterBy(filters);
  return index()
    .filter(({ record }) => passes(record))
    .flatMap(({ record, weights }) => {
      const score = scoreOf(weights, words);
      return score === undefined ? [] : [{ record, score }];
    })
    .sort((a, b) => b.score - a.score || (a.record.id < b.record.id ? -1 : 1))
    .map(({ record }) => record);
}

/** The sum over all words, or `undefined` where one of them does not occur. */
function scoreOf(weights: Weights, words: readonly string[]): number | undefined {
  let score = 0;
  for (const [position, word] of words.entries()) {
    const weight = position === words.length - 1 ? weightOfBeginning(weights, word) : weights.get(word);
    if (weight === undefined) return undefined;
    score += weight;
  }
  return score;
}

function weightOfBeginning(weights: Weights, beginning: string): number | undefined {
  let best = weights.get(beginning);
  for (const [word, weight] of weights) {
    if (word.startsWith(beginning)) best = Math.max(best ?? 0, weight * PREFIX_WEIGHT);
  }
  return best;
}

function filterBy({ subject, language, author, yearFrom, yearTo }: Filters): (record: CatalogueRecord) => boolean {
  const authorWords = wordsOf(author ?? '');
  return (record) =>
    (subject === undefined || record.subjects.includes(subject)) &&
    (language === undefined || record.language === language) &&
    (yearFrom === undefined || record.year >= yearFrom) &&
    (yearTo === undefined || record.year <= yearTo) &&
    (authorWords.length === 0 || containsAll(wordsOf(record.author), authorWords));
}

function containsAll(words: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((word) => words.includes(word));
}

// An index of our own rather than a library (minisearch adds 18 KB minified, and has no facets): a few hundred records
// are scanned in a fraction of a millisecond. The first search builds it, because a cold start should not pay for it.
let builtIndex: readonly { readonly record: CatalogueRecord; readonly weights: Weights }[] | undefined;

function index() {
  builtIndex ??= records.map((record) => ({ record, weights: weightsOf(record) }));
  return builtIndex;
}

function weightsOf(record: CatalogueRecord): Weights {
  const weights = new Map<string, number>();
  for (const field of ['title', 'author', 'subjects', 'firstSentence'] as const) {
    // Once a field, so that a sentence that repeats a word does not outweigh a title.
    for (const word of new Set(wordsOf([record[field]].flat().join(' ')))) {
      weights.set(word, (weights.get(word) ?? 0) + FIELD_WEIGHTS[field]);
    }
  }
  return weights;
}
