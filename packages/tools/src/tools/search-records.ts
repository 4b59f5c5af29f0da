import * as z from 'zod';
import { languages, recordSummary, subjects, year } from '../catalogue/catalogue.ts';
import { cursorAt, positionOf } from '../catalogue/cursor.ts';
import { facetsOf, facetsSchema } from '../catalogue/facets.ts';
import { pageOf } from '../catalogue/page-of.ts';
import { search } from '../catalogue/search.ts';
import { continueSearch, startSearch } from '../catalogue/seen-records.ts';
import { defineTool } from '../define-tool.ts';
import { handleOf } from '../handle.ts';
import { withdrawnIds } from '../lending/withdrawals.ts';
import { Failure, failure } from '../result.ts';

export const searchRecords = defineTool({
  name: 'search_records',
  title: 'Search the catalogue',
  description:
    'Searches the catalogue by words in title, author, subjects and first sentence (every word must occur), narrowed by filters, and returns records, best first, with counts by subject, language, author and century. ' +
    'To go on, whether with the same query or another, pass the searchId it returned: records it returned before are left out, for an hour after the last call. ' +
    'To page through one query without that memory, pass nextCursor as cursor with the same query and filters.',
  input: z.object({
    query: z
      .string()
      .max(200)
      .default('')
      .describe('Words to find, in any order; the last may be the beginning of one. Empty: browse by filters alone'),
    subject: z.enum(subjects).optional().describe('Only books with this subject'),
    language: z.enum(languages).optional().describe('Only books written in this language, as a BCP 47 code'),
    author: z.string().max(100).optional().describe('Only authors with these words in the name, such as "Austen"'),
    yearFrom: year.optional().describe('Only books first published in this year or later'),
    yearTo: year.optional().describe('Only books first published in this year or earlier'),
    limit: z.int().min(1).max(50).default(10).describe('The most records to return'),
    searchId: handleOf('search', 'search_records')
      .optional()
      .describe('The searchId of an earlier call: leaves out what that search returned before'),
    cursor: z.string().max(64).optional().describe('The nextCursor of an earlier call with the same query and filters'),
  }),
  output: z.object({
    searchId: z
      .string()
      .optional()
      .describe('Pass it on to get only records not returned before; absent on a call with a cursor and no searchId'),
    total: z.int().min(0).describe('How many records match, whether returned or not'),
    records: z.array(recordSummary).describe('The records, best match first'),
    heldBack: z.int().min(0).describe('How many matches were left out because this search returned them before'),
    facets: facetsSchema.describe('How all matches spread; at most 40 values each, most frequent first'),
    nextCursor: z.string().optional().describe('Where the next page begins; absent on the last page'),
  }),
  // What a searchId remembers is the search's own bookkeeping: the catalogue does not change.
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run({ query, limit, searchId, cursor, ...filters }, ctx) {
    const start = cursor === undefined ? 0 : await positionOf(cursor, query, filters);
    if (start === undefined) {
      return failure('This cursor belongs to another query or other filters. Repeat those, or leave the cursor out.');
    }
    const withdrawn = await withdrawnIds(ctx.shared);
    const ranked = search(query, filters).filter(({ id }) => !withdrawn.has(id));
    const choose = (seen: ReadonlySet<string>) => pageOf(ranked, start, limit, seen);

    const page = searchId === undefined ? choose(new Set()) : await continueSearch(ctx.state, searchId, choose);
    if (page instanceof Failure) return page;
    const startsSearch = searchId === undefined && cursor === undefined;

    return {
      searchId: startsSearch ? await startSearch(ctx.state, page) : searchId,
      total: ranked.length,
      records: page.records.map((record) => recordSummary.parse(record)),
      heldBack: page.heldBack,
      facets: facetsOf(ranked),
      nextCursor: page.next === undefined ? undefined : await cursorAt(page.next, query, filters),
    };
  },
});
