import * as z from 'zod';
import { jobView, noSuchJob, viewOf } from '../define-job.ts';
import { defineTool, type Tool } from '../define-tool.ts';
import { handleOf } from '../handle.ts';

/** @param jobs that it may cancel */
export function cancelJob(jobs: readonly Tool[]): Tool {
  const startedBy = jobs.map(({ name }) => name).join(' or ');
  return defineTool({
    name: 'cancel_job',
    title: 'Cancel a job',
    description: `Ends a job that ${startedBy} began and whose result is no longer wanted. A job that runs ends within moments; one that has ended stays as it is. What it had done until then is lost.`,
    input: z.object({ jobId: handleOf('job', startedBy).describe('The jobId that began the job') }),
    output: jobView,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    async run({ jobId }, ctx) {
      const job = await ctx.jobs.cancel(jobId);
      return job === undefined ? noSuchJob() : viewOf(job);
    },
  });
}
