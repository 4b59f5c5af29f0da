import { defineTool, type Tool } from '../define-tool.ts';
import { aboutJobs, jobView } from '../job-view.ts';

/** @param jobs that it may cancel */
export function cancelJob(jobs: readonly Tool[]): Tool {
  const { startedBy, input, show } = aboutJobs(jobs);
  return defineTool({
    name: 'cancel_job',
    title: 'Cancel a job',
    description: `Ends a job that ${startedBy} began and whose result is no longer wanted. A job that runs ends within moments; one that has ended stays as it is. What it had done until then is lost.`,
    input,
    output: jobView,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    run: async ({ jobId }, ctx) => show(await ctx.jobs.cancel(jobId)),
  });
}
