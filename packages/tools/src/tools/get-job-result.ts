import { defineTool, type Tool } from '../define-tool.ts';
import { aboutJobs, jobView } from '../job-view.ts';

/** @param jobs whose results it brings */
export function getJobResult(jobs: readonly Tool[]): Tool {
  const { startedBy, input, show } = aboutJobs(jobs);
  return defineTool({
    name: 'get_job_result',
    title: 'Get the result of a job',
    description: `Tells how far a job is that ${startedBy} began, and brings its result once it is completed. While pollAfterSeconds is there, ask again after so many seconds. A result too large for an answer is named by resultUri, a resource to read.`,
    input,
    output: jobView,
    annotations: { readOnlyHint: true, openWorldHint: false },
    run: async ({ jobId }, ctx) => show(await ctx.jobs.get(jobId)),
  });
}
