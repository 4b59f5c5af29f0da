import * as z from 'zod';
import { year } from '../catalogue/catalogue.ts';
import { defineJob } from '../define-job.ts';
import {
  collectionBetween,
  collectionReport,
  neighboursOf,
  neighboursSoFar,
  reportOf,
} from '../report/collection-report.ts';
import { failure } from '../result.ts';

/** How many books' neighbours are looked for between two checkpoints: some 50 ms of work. */
const BOOKS_PER_CHUNK = 4;

export const startReport = defineJob({
  name: 'start_report',
  title: 'Begin a report on the collection',
  description:
    'Begins a report on the books of the catalogue: which subjects go together, when the books appeared, and for each book the three whose beginnings are most alike. It compares every text with every other, which takes seconds: it returns a jobId at once, and get_job_result brings the report. Narrow it to a span of years with yearFrom and yearTo.',
  input: z.object({
    yearFrom: year.optional().describe('Only books that first appeared in this year or later'),
    yearTo: year.optional().describe('Only books that first appeared in this year or earlier'),
  }),
  output: collectionReport,
  checkpoint: neighboursSoFar,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  requires: { seconds: 30 },
  resultUri: (jobId) => `report://${jobId}`,
  async run({ yearFrom, yearTo }, ctx) {
    const collection = collectionBetween(yearFrom, yearTo);
    if (collection.length < 2) return failure('There are fewer than two books in these years: take a longer span.');
    let neighbours = ctx.checkpoint ?? [];
    while (neighbours.length < collection.length) {
      const from = neighbours.length;
      // What a fault run counts: how often each chunk was begun.
      ctx.log.debug('Comparing the books from {from} on', { from });
      const chunk = collection.slice(from, from + BOOKS_PER_CHUNK);
      neighbours = [...neighbours, ...neighboursOf(chunk, collection)];
      const message = `Compared ${neighbours.length} of ${collection.length} books with all others`;
      await ctx.save(neighbours, { done: neighbours.length, total: collection.length, message });
    }
    return reportOf(collection, neighbours);
  },
});
