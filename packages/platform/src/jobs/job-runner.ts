import type { AtomicStore } from '../state/store.ts';
import { hasEnded, type JobProgress, type JobRecord, type Json } from './job.ts';
import type { Delivery, RunDelivery } from './job-queue.ts';
import { carriedJob, changeHeldJob, type HeldJob, JobTooLarge } from './job-store.ts';

/** How long a runner may be silent before it is taken for dead; it renews its lease three times in that. */
const LEASE_MS = 15_000;
/** How often in a row a job may be begun without coming further. */
const MAX_FAILURES = 3;
const BACKOFF_MS = { first: 1_000, atMost: 60_000 };

/** One run of a job, as its code sees it. */
export interface JobRun {
  readonly job: JobRecord;
  /** Fires when the job is cancelled, when another runner has taken it over, or when the platform's time is over. */
  readonly signal: AbortSignal;
  /**
   * Records how far the job is and where a later run goes on. To be called between chunks of work: what is done since is
   * done again after a crash.
   * @throws {JobInterrupted} where this run is to end here: let it pass
   */
  save(checkpoint: Json, progress: JobProgress): Promise<void>;
}

/** How a run ended. Whatever its code throws is a failure that is tried again. */
type JobEnd =
  | { readonly kind: 'completed'; readonly result: Json }
  /** For good: trying again would not help. */
  | { readonly kind: 'failed'; readonly error: string }
  /** It cannot go on before these are answered; it is begun again then, at its checkpoint. */
  | { readonly kind: 'input_required'; readonly requests: Readonly<Record<string, Json>> };

/** The code of a kind of job. */
export type JobCode = (run: JobRun) => Promise<JobEnd>;

/** Why a run ends before its code does. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

export interface JobRunnerOptions {
  readonly store: AtomicStore;
  /** By kind. */
  readonly code: ReadonlyMap<string, JobCode>;
  /** Gets what a job's code threw: it is for nobody else. */
  readonly onFailure: (job: JobRecord, error: unknown) => void;
  /** Gets a job whenever its code has come further. */
  readonly onProgress?: (job: JobRecord) => void;
  /** Gets a job when a run has recorded its end, however it ended: once for each job. */
  readonly onEnd: (job: JobRecord) => void;
  readonly leaseMs?: number;
}

/**
 * Runs delivered jobs: claims one by its lease, runs its code, and records the end, once, whoever else was given it too.
 */
export function createJobRunner(options: JobRunnerOptions): RunDelivery {
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
  await change(ends, jobId, ({ status, lease }) => {
    const isLeft = status === 'queued' || (status === 'running' && (lease?.until ?? 0) <= Date.now());
    return isLeft ? { status: 'failed', broken: true, error: UNDELIVERABLE } : undefined;
  });
}

const DONE: Delivery = { kind: 'done' };

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

/** What a runner makes of a job that it was given: its own, ended, or left as it is. */
function claim(job: JobRecord, runner: string, leaseMs: number): Partial<JobRecord> | undefined {
  const now = Date.now();
  if (job.status !== 'queued' && job.status !== 'running') return undefined;
  if (job.status === 'queued' && (job.notBefore ?? 0) > now) return undefined;
  if (job.status === 'running' && (job.lease?.until ?? 0) > now) return undefined;
  if (job.cancelRequested) return { status: 'cancelled' };
  // A lease that ran out is a runner that died at it.
  const failures = job.failures + (job.status === 'running' ? 1 : 0);
  if (failures >= MAX_FAILURES) return { status: 'failed', broken: true, failures, error: poisoned(failures) };
  return { status: 'running', failures, notBefore: undefined, lease: { runner, until: now + leaseMs } };
}

function leftAlone({ status, notBefore = 0, lease }: JobRecord): Delivery {
  const now = Date.now();
  if (status === 'queued') return { kind: 'again', afterMs: Math.max(0, notBefore - now) };
  // Somebody else is at it. Should they die, this delivery takes over.
  if (status === 'running') return { kind: 'again', afterMs: Math.max(1_000, (lease?.until ?? 0) - now) };
  return DONE;
}

function holds(job: JobRecord, runner: string): boolean {
  return job.status === 'running' && job.lease?.runner === runner;
}

function poisoned(failures: number): string {
  return `It was begun ${failures} times in a row and came no further each time. The server's log has the causes.`;
}

/** One run, from its claim to its end. */
class Run implements JobRun {
  readonly job: JobRecord;
  readonly #options: JobRunnerOptions;
  readonly #runner: string;
  readonly #leaseMs: number;
  readonly #stop = new AbortController();
  readonly #ending: AbortSignal | undefined;
  /** As this run last wrote it: nobody else writes while it goes well, so nothing is read. */
  #held: HeldJob;

  constructor(options: JobRunnerOptions, claimed: HeldJob, runner: string, leaseMs: number, ending?: AbortSignal) {
    this.#options = options;
    this.#held = claimed;
    this.job = claimed.job;
    this.#runner = runner;
    this.#leaseMs = leaseMs;
    this.#ending = ending;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async through(code: JobCode): Promise<Delivery> {
    const heartbeat = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    try {
      return await this.#record(await code(this));
    } catch (error) {
      return await this.#interrupted(error);
    } finally {
      clearInterval(heartbeat);
    }
  }

  async save(checkpoint: Json, progress: JobProgress): Promise<void> {
    const saved = await this.#change((job) => ({
      checkpoint,
      progress,
      // It came further, so whatever went wrong before did not go wrong in a row.
      failures: 0,
      lease: { runner: this.#runner, until: Date.now() + this.#leaseMs },
      ...(job.cancelRequested && { status: 'cancelled' as const }),
    }));
    if (!holds(saved, this.#runner)) this.#interrupt('cancelled');
    this.#options.onProgress?.(saved);
    // A store in this process answers without letting anything else run: the requests that wait come first.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#ending?.aborted) this.#interrupt('out of time');
  }

  /** Changes the job where it is still this run's; the run ends where it is not. */
  async #change(decide: (job: JobRecord) => Partial<JobRecord>): Promise<JobRecord> {
    let lost = false;
    const decided = (latest: JobRecord) => {
      lost = !holds(latest, this.#runner);
      return lost ? undefined : decide(latest);
    };
    const held = await change(this.#options, this.job.id, decided, this.#held);
    if (lost || held === undefined) this.#interrupt('taken over');
    this.#held = held;
    return held.job;
  }

  #interrupt(reason: string): never {
    const interruption = new JobInterrupted(`The run of job ${this.job.id} ended early: ${reason}.`);
    this.#stop.abort(interruption);
    throw interruption;
  }

  async #renew(): Promise<void> {
    try {
      const job = await this.#change(() => ({ lease: { runner: this.#runner, until: Date.now() + this.#leaseMs } }));
      if (job.cancelRequested) this.#interrupt('cancelled');
      if (this.#ending?.aborted) this.#interrupt('out of time');
    } catch {
      // The store is down, or the run is over: its code learns of it by the signal, or when it next saves.
    }
  }

  async #record(end: JobEnd): Promise<Delivery> {
    try {
      await this.#change((job) => {
        if (job.cancelRequested) return { status: 'cancelled' };
        if (end.kind === 'completed') return { status: 'completed', result: end.result, checkpoint: undefined };
        if (end.kind === 'failed') return { status: 'failed', error: end.error };
        return { status: 'input_required', ...asked(end.requests, job), lease: undefined };
      });
    } catch (error) {
      if (!(error instanceof JobTooLarge)) throw error;
      await this.#change(() => ({ status: 'failed', broken: true, error: error.message }));
    }
    return DONE;
  }

  async #interrupted(error: unknown): Promise<Delivery> {
    const interrupted = this.#stop.signal.aborted;
    if (!interrupted) this.#options.onFailure(this.job, error);
    const decide = (job: JobRecord): Partial<JobRecord> | undefined => {
      if (!holds(job, this.#runner)) return undefined;
      if (job.cancelRequested) return { status: 'cancelled' };
      if (interrupted) return { status: 'queued', lease: undefined };
      const failures = job.failures + 1;
      if (error instanceof JobTooLarge) return { status: 'failed', broken: true, failures, error: error.message };
      if (failures >= MAX_FAILURES) return { status: 'failed', broken: true, failures, error: poisoned(failures) };
      return { status: 'queued', failures, lease: undefined, notBefore: Date.now() + backoff(failures) };
    };
    const left = await change(this.#options, this.job.id, decide, this.#held);
    return left === undefined || hasEnded(left.job.status) ? DONE : leftAlone(left.job);
  }
}

/** What is asked again has not been answered. */
function asked(requests: Readonly<Record<string, Json>>, { responses = {} }: JobRecord): Partial<JobRecord> {
  const kept = Object.entries(responses).filter(([name]) => !Object.hasOwn(requests, name));
  return { requests: { ...requests }, responses: Object.fromEntries(kept) };
}

function backoff(failures: number): number {
  return Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.atMost);
}
