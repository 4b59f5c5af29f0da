import { hasEnded, type JobRecord } from './job.ts';
import { claim, DONE, holds, leftAlone } from './job-attempts.ts';
import type { RunDelivery } from './job-queue.ts';
import { type JobCode, type JobRunOptions, Run } from './job-run.ts';
import { carriedJob, changeHeldJob, type HeldJob, UnreadableJob } from './job-store.ts';
import { failUnreadableJob } from './unreadable-job.ts';

/** How long a record that cannot be read is left alone by everybody before it has failed. */
const UNREADABLE_FOR_MS = 10 * 60_000;
/** How long a runner may be silent before it is taken for dead; it renews its lease three times in that. */
const LEASE_MS = 15_000;

export interface JobRunnerOptions extends JobRunOptions {
  /** By kind. */
  readonly code: ReadonlyMap<string, JobCode>;
  readonly leaseMs?: number;
}

/**
 * Runs delivered jobs: claims one by its lease, runs its code, and records the end, once, whoever else was given it too.
 */
export function createJobRunner(options: JobRunnerOptions): RunDelivery {
  const deliver = deliverer(options);
  return async (jobId, stop, carried) => {
    try {
      return await deliver(jobId, stop, carried);
    } catch (error) {
      const job =
        error instanceof UnreadableJob ? await failUnreadableJob(options.store, error, UNREADABLE_FOR_MS) : undefined;
      if (job === undefined) throw error;
      options.onFailure(job, error);
      options.onEnd(job);
      return DONE;
    }
  };
}

function deliverer(options: JobRunnerOptions): RunDelivery {
  const { code, leaseMs = LEASE_MS } = options;
  return async (jobId, stop, carried) => {
    const runner = crypto.randomUUID();
    const claimed = await change(options, jobId, (job) => claim(job, runner, leaseMs), carriedJob(jobId, carried));
    if (claimed === undefined) return DONE;
    if (!holds(claimed.job, runner)) return leftAlone(claimed.job);
    const run = code.get(claimed.job.kind);
    if (run === undefined) {
      const error = `There is no code for jobs of the kind "${claimed.job.kind}" in this deployment.`;
      await change(
        options,
        jobId,
        (job) => (holds(job, runner) ? { status: 'failed', broken: true, error } : undefined),
        claimed,
      );
      return DONE;
    }
    return new Run(options, claimed, runner, leaseMs, stop).through(run);
  };
}

/** Where it is recorded that a job has ended. */
type JobEnds = Pick<JobRunnerOptions, 'store' | 'onEnd'>;

/**
 * Records that a job has failed, because the queue has given up delivering it. A job that somebody is at, that waits for an
 * answer or that has ended stays as it is.
 */
export async function giveUpJob(ends: JobEnds, jobId: string): Promise<void> {
  try {
    await change(ends, jobId, ({ status, lease }) => {
      const isLeft = status === 'queued' || (status === 'running' && (lease?.until ?? 0) <= Date.now());
      return isLeft ? { status: 'failed', broken: true, error: UNDELIVERABLE } : undefined;
    });
  } catch (error) {
    if (!(error instanceof UnreadableJob)) throw error;
    const job = await failUnreadableJob(ends.store, error, 0);
    if (job !== undefined) ends.onEnd(job);
  }
}

const UNDELIVERABLE = "It could not be begun, however often the queue delivered it. The server's log has the causes.";

/** As {@link changeHeldJob}, and tells of the end where this change was it. */
async function change(
  { store, onEnd }: JobEnds,
  id: string,
  decide: (job: JobRecord) => Partial<JobRecord> | undefined,
  known?: HeldJob,
): Promise<HeldJob | undefined> {
  let ends = false;
  const decided = (latest: JobRecord) => {
    const change = decide(latest);
    ends = change?.status !== undefined && hasEnded(change.status);
    return change;
  };
  const held = await changeHeldJob(store, id, decided, known);
  if (ends && held !== undefined) onEnd(held.job);
  return held;
}
