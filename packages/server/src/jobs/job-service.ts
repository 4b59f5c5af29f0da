import type { Platform } from '@mcp-everywhere/platform';
import {
  createJobRunner,
  createJobs,
  giveUpJob,
  hasEnded,
  type JobCode,
  type JobQueue,
  type JobRecord,
  type JobRun,
  type Jobs,
  type RunDelivery,
} from '@mcp-everywhere/platform/jobs';
import {
  Failure,
  InputRequired,
  type JobContext,
  type Logger,
  type PrincipalJobs,
  type Surface,
  type Tool,
} from '@mcp-everywhere/tools';
import * as z from 'zod';
import type { ContextFactory } from '../context/tool-context.ts';
import { jobAnnouncer } from './job-announcer.ts';

/** How long whoever asks for a job works on it, where nobody else does; less than any platform gives a request. */
const ON_DEMAND_MS = 2_000;

/** A target without a queue: a job is worked on whenever somebody asks for it, and rests in between. */
export const ON_DEMAND: JobQueue = { kind: 'on-demand', send: async () => {} };

/** The jobs of a server. */
export interface JobService {
  /** Bound to a principal. */
  of(owner: string): PrincipalJobs;
  /** As `of(owner).get(jobId)`, but works on nothing. */
  find(jobId: string, owner: string): Promise<JobRecord | undefined>;
  /** Gives answers to what a job asks. */
  answer: Jobs['answer'];
  /** What a queue's consumer calls with each delivery. */
  readonly run: RunDelivery;
  /** What a queue's consumer calls with a job that it has given up. */
  giveUp(jobId: string): Promise<void>;
}

/**
 * Joins the surface's jobs with the platform's store and queue.
 *
 * @param contextOf makes what a job's code may reach
 */
export function jobService(
  surface: Pick<Surface, 'tools'>,
  { state, jobs: queue = ON_DEMAND, events }: Pick<Platform, 'state' | 'jobs' | 'events'>,
  contextOf: ContextFactory,
  log: Logger,
): JobService {
  const jobs = createJobs(state, queue);
  const code = new Map(
    surface.tools.flatMap((tool): [string, JobCode][] =>
      tool.job === undefined ? [] : [[tool.name, (run) => runJob(tool, run, contextOf)]],
    ),
  );
  const onFailure = ({ id, kind }: JobRecord, error: unknown) =>
    log.error('Job {jobId} failed', { jobId: id, kind, error });
  const announcer = jobAnnouncer(surface, events);
  const onEnd = (job: JobRecord) => {
    log.info('Job {jobId} ended', { jobId: job.id, kind: job.kind, status: job.status, queue: queue.kind });
    announcer.ended(job);
  };
  const runner = createJobRunner({ store: state, code, onFailure, onProgress: announcer.progressed, onEnd });
  const run: RunDelivery = async (jobId, stop, carried) => {
    try {
      return await runner(jobId, stop, carried);
    } finally {
      await announcer.settled(jobId);
    }
  };

  return {
    run,
    async giveUp(jobId) {
      await giveUpJob({ store: state, onEnd }, jobId);
      await announcer.settled(jobId);
    },
    find: jobs.get,
    answer: jobs.answer,
    of: (owner) => ({
      start: (kind, input) => jobs.submit({ kind, owner, input }),
      async get(jobId) {
        const job = await jobs.get(jobId, owner);
        if (job === undefined || queue !== ON_DEMAND || hasEnded(job.status)) return job;
        await run(jobId, AbortSignal.timeout(ON_DEMAND_MS));
        return jobs.get(jobId, owner);
      },
      find: (jobId) => jobs.get(jobId, owner),
      async cancel(jobId) {
        const job = await jobs.cancel(jobId, owner);
        if (job !== undefined && hasEnded(job.status)) {
          announcer.ended(job);
          await announcer.settled(jobId);
        }
        return job;
      },
    }),
  };
}

async function runJob(tool: Tool, run: JobRun, contextOf: ContextFactory): ReturnType<JobCode> {
  const { id, owner, input, checkpoint, responses = {} } = run.job;
  const context = contextOf({ requestId: id, principal: { id: owner }, signal: () => run.signal }, tool);
  const jobContext: JobContext = {
    state: context.state,
    shared: context.shared,
    cache: context.cache,
    env: context.env,
    fetch: context.fetch,
    log: context.log,
    principal: context.principal,
    server: context.server,
    signal: run.signal,
    checkpoint,
    input: { answerTo: (question) => question.read(responses[question.name]) },
    save: (next, progress) => run.save(z.json().parse(next), progress),
  };
  const returned = await tool.job?.run(input, jobContext);
  if (returned === undefined) throw new Error(`The tool "${tool.name}" is no job.`);
  if (returned instanceof InputRequired) {
    return { kind: 'input_required', requests: z.record(z.string(), z.json()).parse(returned.requests) };
  }
  return returned instanceof Failure
    ? { kind: 'failed', error: returned.message }
    : { kind: 'completed', result: returned };
}
