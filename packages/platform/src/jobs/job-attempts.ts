import type { JobRecord } from './job.ts';
import type { Delivery } from './job-queue.ts';
import { JobTooLarge } from './job-store.ts';

/** How often in a row a job may be begun without coming further. */
const MAX_FAILURES = 3;
const BACKOFF_MS = { first: 1_000, atMost: 60_000 };
/**
 * How often in a row the process may be ended under a job that came no further. That is seldom the job's doing, and while
 * a new release is rolled out it may happen a few times: so there is room for more than for failures, but not for ever.
 */
const MAX_STOPS = 20;

export const DONE: Delivery = { kind: 'done' };

/** What a runner makes of a job that it was given: its own, ended, or left as it is. */
export function claim(job: JobRecord, runner: string, leaseMs: number): Partial<JobRecord> | undefined {
  const now = Date.now();
  if (job.status !== 'queued' && job.status !== 'running') return undefined;
  if (job.status === 'queued' && (job.notBefore ?? 0) > now) return undefined;
  if (job.status === 'running' && (job.lease?.until ?? 0) > now) return undefined;
  if (job.cancelRequested) return { status: 'cancelled' };
  // A lease that ran out is a runner that died at it.
  const failures = job.failures + (job.status === 'running' ? 1 : 0);
  if (failures >= MAX_FAILURES) return { status: 'failed', broken: true, failures, error: poisoned(failures) };
  const lease = { runner, until: now + leaseMs };
  return { status: 'running', failures, notBefore: undefined, resent: undefined, lease };
}

/** What the queue is to do with a delivery whose job another is at, or nobody may be at yet. */
export function leftAlone({ status, notBefore = 0, lease }: JobRecord): Delivery {
  const now = Date.now();
  if (status === 'queued') return { kind: 'again', afterMs: Math.max(0, notBefore - now) };
  // Somebody else is at it. Should they die, this delivery takes over.
  if (status === 'running') return { kind: 'again', afterMs: Math.max(1_000, (lease?.until ?? 0) - now) };
  return DONE;
}

/** Whether this run may write. */
export function holds(job: JobRecord, runner: string): boolean {
  return job.status === 'running' && job.lease?.runner === runner;
}

function poisoned(failures: number): string {
  return `It was begun ${failures} times in a row and came no further each time. The server's log has the causes.`;
}

function outlived(stops: number): string {
  return `It was begun ${stops} times in a row, and each time the server was stopped before it came further.`;
}

/** For another run: after a while, unless this was one failure too many, or one that the next run would meet again. */
export function failed(job: JobRecord, error: unknown): Partial<JobRecord> {
  const failures = job.failures + 1;
  if (error instanceof JobTooLarge) return { status: 'failed', broken: true, failures, error: error.message };
  if (failures >= MAX_FAILURES) return { status: 'failed', broken: true, failures, error: poisoned(failures) };
  return { status: 'queued', failures, lease: undefined, notBefore: Date.now() + backoff(failures) };
}

/** For another run, at once. */
export function putBack({ stops = 0 }: JobRecord, cameFurther: boolean): Partial<JobRecord> {
  if (cameFurther) return { status: 'queued', lease: undefined };
  if (stops + 1 >= MAX_STOPS) return { status: 'failed', broken: true, error: outlived(stops + 1) };
  return { status: 'queued', stops: stops + 1, lease: undefined };
}

function backoff(failures: number): number {
  return Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.atMost);
}
