import { records } from './catalogue.ts';
import { fold } from './words.ts';

const MAX_NEAR_IDS = 5;
/** Below this nothing is near: unrelated ids share a trigram or two by chance. */
const MIN_SIMILARITY = 0.3;
/** What is longer than any id cannot come nearer by it; the cut bounds the cost. */
const MAX_COMPARED_CHARACTERS = 100;

/**
 * The ids most like a given text, by shared trigrams (Dice's coefficient): it forgives typing errors, missing words and
 * swapped ones alike.
 *
 * @returns at most five, nearest first, then by id; none where nothing is near
 *
 * @example
 * nearIds('austen-ema'); // ['austen-emma', …]
 */
export function nearIds(text: string): readonly string[] {
  const wanted = trigramsOf(fold(text.slice(0, MAX_COMPARED_CHARACTERS)));
  return records
    .map(({ id }) => ({ id, similarity: similarityOf(wanted, trigramsOf(id)) }))
    .filter(({ similarity }) => similarity >= MIN_SIMILARITY)
    .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_NEAR_IDS)
    .map(({ id }) => id);
}

/** Three characters at a time; the padding makes the beginning and end of a word count. */
function trigramsOf(text: string): ReadonlySet<string> {
  const trigrams = new Set<string>();
  for (const word of text.split(/[^a-z0-9]+/)) {
    const padded = `  ${word} `;
    for (let start = 0; start + 3 <= padded.length; start += 1) trigrams.add(padded.slice(start, start + 3));
  }
  return trigrams;
}

function similarityOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const trigram of a) if (b.has(trigram)) shared += 1;
  return (2 * shared) / (a.size + b.size);
}
