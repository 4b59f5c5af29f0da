import { hasEnded, type JobRecord, type Json } from '@mcp-everywhere/platform/jobs';
import * as z from 'zod';
import type { Tool } from './define-tool.ts';
import { handleOf } from './handle.ts';
import { type Failure, failure, type Rendered, resourceLink, text, withContent } from './result.ts';

/** How the caller of a job sees it. */
export const jobView = z.object({
  jobId: z.string().describe('The handle of the job: pass it to get_job_result and cancel_job'),
  status: z.string().describe('queued, running, input_required, completed, failed or cancelled'),
  progress: z
    .object({
      done: z.number().describe('How much is done'),
      total: z.number().optional().describe('Of how much; absent where it cannot be known'),
      message: z.string().optional().describe('What is being done'),
    })
    .optional()
    .describe('How far it is; absent before it has begun'),
  pollAfterSeconds: z.number().optional().describe('When to ask again with get_job_result; absent once it has ended'),
  error: z.string().optional().describe('Why it failed'),
  result: z
    .record(z.string(), z.json())
    .optional()
    .describe('The result, once completed and where it is not too large'),
  resultUri: z.string().optional().describe('The resource that has the whole result, where it is too large to be here'),
});

export type JobView = z.input<typeof jobView>;

/** What fits into an answer without crowding out everything else a model has to read; in characters of JSON. */
const MAX_INLINE_CHARACTERS = 16_000;
const POLL_AFTER_SECONDS = 1;

/** A job as its caller sees it: with the result, where that is not too large. */
export function viewOf(job: JobRecord, resultUri?: (jobId: string) => string): JobView {
  const { id, status, progress, error, result } = job;
  const large = result !== undefined && JSON.stringify(result).length > MAX_INLINE_CHARACTERS;
  return {
    jobId: id,
    status,
    ...(progress !== undefined && { progress }),
    ...(!hasEnded(status) && { pollAfterSeconds: POLL_AFTER_SECONDS }),
    ...(error !== undefined && { error }),
    ...(isObject(result) && !(large && resultUri) && { result }),
    ...(large && resultUri && { resultUri: resultUri(id) }),
  };
}

/** A view for reading: with a link to the result, where that is too large to be in it. */
export function rendered(view: JobView): Rendered<JobView> {
  const { jobId, resultUri } = view;
  const about = { title: 'The whole result', mimeType: 'application/json' };
  const link = resultUri === undefined ? [] : [resourceLink(resultUri, jobId, about)];
  return withContent(view, [text(JSON.stringify(view)), ...link]);
}

/** What the tools share that take the handle of a job and show the job. */
export function aboutJobs(jobs: readonly Tool[]) {
  const startedBy = jobs.map(({ name }) => name).join(' or ');
  const resultUris = new Map(jobs.map(({ name, job }) => [name, job?.resultUri]));
  return {
    /** The tools that begin these jobs, for a sentence. */
    startedBy,
    input: z.object({ jobId: handleOf('job', startedBy).describe('The jobId that began the job') }),
    show: (job: JobRecord | undefined): Rendered<JobView> | Failure =>
      job === undefined ? noSuchJob() : rendered(viewOf(job, resultUris.get(job.kind))),
  };
}

/** Says the same for an unknown job, an expired one and somebody else's. */
function noSuchJob(): Failure {
  return failure('This jobId is unknown or has expired. Start the job again with the tool that gave it.');
}

function isObject(result: Json | undefined): result is Record<string, Json> {
  return typeof result === 'object' && result !== null && !Array.isArray(result);
}
