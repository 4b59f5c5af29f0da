import * as z from 'zod';
import { type CatalogueRecord, records, subjects } from '../catalogue/catalogue.ts';
import { languageName } from '../catalogue/language-name.ts';
import { search } from '../catalogue/search.ts';
import { wordsOf } from '../catalogue/words.ts';
import { definePrompt } from '../define-prompt.ts';

const MAX_CANDIDATES = 20;
/** A word that more of the records have than this share, such as "the", tells nothing of what is wanted. */
const COMMON_WORD_SHARE = 0.25;

export const recommendBooks = definePrompt({
  name: 'recommend_books',
  title: 'Recommend books',
  description: 'Asks for a few books from the catalogue that suit a subject or a mood, with a reason for each.',
  arguments: z.object({
    about: z.string().min(1).max(200).describe('A subject or a mood, such as "the sea" or "something consoling"'),
    language: z
      .string()
      .max(50)
      .optional()
      .describe('The language the books were written in, such as "French" or "fr"'),
    count: z
      .string()
      .regex(/^([1-9]|10)$/, 'a whole number from 1 to 10')
      .optional()
      .describe('How many books, 1 to 10; 3 unless given'),
  }),
  render({ about, language, count = '3' }) {
    const request = `Recommend ${count} books from the library's catalogue for this: ${about}.`;
    const written = language === undefined ? '' : ` Only books written in ${language}.`;
    const task =
      'For each, give title, author and year, and one sentence on why it suits. Recommend only books that the catalogue has; look further with search_records where these do not suit.';
    const text = `${request}${written} ${task}\n\n${candidateList(candidatesFor(about, language))}`;
    return [{ role: 'user', content: { type: 'text', text } }];
  },
});

/** Records with any of the words, those with more of them first: a mood is seldom said in a catalogue's own words. */
function candidatesFor(about: string, language: string | undefined): readonly CatalogueRecord[] {
  const wanted = language?.trim().toLowerCase();
  const hits = new Map<CatalogueRecord, number>();
  for (const word of new Set(wordsOf(about))) {
    const matches = search(word);
    if (matches.length > records.length * COMMON_WORD_SHARE) continue;
    for (const record of matches) hits.set(record, (hits.get(record) ?? 0) + 1);
  }
  return [...hits]
    .filter(([record]) => wanted === undefined || namesOf(record.language).includes(wanted))
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_CANDIDATES)
    .map(([record]) => record);
}

function namesOf(language: string): readonly string[] {
  return [language, languageName(language).toLowerCase()];
}

function candidateList(candidates: readonly CatalogueRecord[]): string {
  if (candidates.length === 0) {
    return `No record has these words. The catalogue's subjects are: ${subjects.join(', ')}.`;
  }
  const lines = candidates.map(({ id, title, author, year }) => `- ${title}, by ${author} (${year}): ${id}`);
  return `Candidates, by record id:\n${lines.join('\n')}`;
}
