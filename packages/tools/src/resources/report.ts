import type { ResourceTemplate } from '../define-resource.ts';

/** The whole result of a report, for its owner. */
export const reportResource: ResourceTemplate = {
  name: 'report',
  title: 'Report on the collection',
  description: 'The whole of a report that start_report began and that is completed, by its jobId.',
  mimeType: 'application/json',
  prefix: 'report://',
  variable: 'jobId',
  // A handle is not to be guessed.
  complete: () => [],
  async read(jobId, ctx) {
    const job = await ctx.jobs.get(jobId);
    if (job?.kind !== 'start_report' || job.status !== 'completed') return undefined;
    return { mimeType: 'application/json', text: JSON.stringify(job.result) };
  },
};
