import * as z from 'zod';
import { jobView, noSuchJob, viewOf } from '../define-job.ts';
import { defineTool, type Tool } from '../define-tool.ts';
import { handleOf } from '../handle.ts';
import { resourceLink, text, withContent } from '../result.ts';

/** @param jobs whose results it brings */
export function getJobResult(jobs: readonly Tool[]): Tool {
  const startedBy = jobs.map(({ name }) => name).join(' or ');
  const resultUris = new Map(jobs.map(({ name, job }) => [name, job?.resultUri]));
  return defineTool({
    name: 'get_job_result',
    title: 'Get the result of a job',
    description: `Tells how far a job is that ${startedBy} began, and brings its result once it is completed. While pollAfterSeconds is there, ask again after so many seconds. A result too large for an answer is named by resultUri, a resource to read.`,
    input: z.object({ jobId: handleOf('job', startedBy).describe('The jobId that began the job') }),
    output: jobView,
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ jobId }, ctx) {
      const job = await ctx.jobs.get(jobId);
      if (job === undefined) return noSuchJob();
      const view = viewOf(job, resultUris.get(job.kind));
      if (view.resultUri === undefined) return view;
      const link = resourceLink(view.resultUri, jobId, { title: 'The whole result', mimeType: 'application/json' });
      return withContent(view, [text(JSON.stringify(view)), link]);
    },
  });
}
