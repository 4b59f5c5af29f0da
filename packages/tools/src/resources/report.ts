import type { ResourceTemplate } from '../define-resource.ts';
import type { ToolContext } from '../define-tool.ts';
import { viewOf } from '../job-view.ts';
import { startReport } from '../tools/start-report.ts';

/** The whole result of a report, for its owner; before there is one, how far it is. */
export const reportResource: ResourceTemplate = {
  name: 'report',
  title: 'Report on the collection',
  description:
    'The whole of a report that start_report began, by its jobId; before it is completed, its status and progress. Listen to it to be told when it has come further.',
  mimeType: 'application/json',
  prefix: 'report://',
  variable: 'jobId',
  // A handle is not to be guessed.
  complete: () => [],
  async read(jobId, ctx) {
    const job = await ctx.jobs.get(jobId);
    if (job?.kind !== startReport.name) return undefined;
    const shown = job.status === 'completed' ? job.result : viewOf(job);
    return { mimeType: 'application/json', text: JSON.stringify(shown) };
  },
  async changes(jobId, ctx: ToolContext) {
    return (await ctx.jobs.find(jobId))?.kind === startReport.name;
  },
};
