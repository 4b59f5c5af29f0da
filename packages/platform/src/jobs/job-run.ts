import type { AtomicStore } from '../state/store.ts';
import { hasEnded, type JobProgress, type JobRecord, type Json } from './job.ts';
import { DONE, failed, holds, leftAlone, putBack } from './job-attempts.ts';
import type { Delivery } from './job-queue.ts';
import { changeHeldJob, type HeldJob, JobTooLarge } from './job-store.ts';

/** One run of a job, as its code sees it. */
export interface JobRun {
  readonly job: JobRecord;
  /** Fires when the job is cancelled or expires, another runner takes it over, or the platform's time is over. */
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

/** Why a run ends before its code does, in words for the log. */
const INTERRUPTIONS = {
  cancelled: 'the job is cancelled',
  lost: 'the job is not its own any more, or has expired',
  timeOver: 'the time is over that the platform gives a run',
  processEnds: 'this process ends',
} as const;

type Interruption = keyof typeof INTERRUPTIONS;

/** Why a run ends before its code does. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

/**
 * How long a run may still work when its process ends, to save what it is at. The process may not be there any more at the
 * next heartbeat, and a run that it takes with it looks like one that killed it.
 */
const FAREWELL_MS = 1_000;

/** Where a run is recorded, and who hears of it. */
export interface JobRunOptions {
  readonly store: AtomicStore;
  /** Gets what a job's code threw: it is for nobody else. */
  readonly onFailure: (job: JobRecord, error: unknown) => void;
  /** Gets a job whenever its code has come further. */
  readonly onProgress?: (job: JobRecord) => void;
  /** Gets a job when a run has recorded its end, however it ended: once for each job. */
  readonly onEnd: (job: JobRecord) => void;
}

/** One run, from its claim to its end. */
export class Run implements JobRun {
  readonly job: JobRecord;
  readonly #options: JobRunOptions;
  readonly #runner: string;
  readonly #leaseMs: number;
  readonly #stop = new AbortController();
  readonly #ending: AbortSignal | undefined;
  #interruption: Interruption | undefined;
  #cameFurther = false;
  #isEndTold = false;
  /** As this run last wrote it: nobody else writes while it goes well, so nothing is read. */
  #held: HeldJob;

  constructor(options: JobRunOptions, claimed: HeldJob, runner: string, leaseMs: number, ending?: AbortSignal) {
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
    let farewell: ReturnType<typeof setTimeout> | undefined;
    const processMayEnd = () => {
      if (isTimeout(this.#ending?.reason)) return;
      farewell = setTimeout(() => void this.#renew(), FAREWELL_MS);
    };
    this.#ending?.addEventListener('abort', processMayEnd);
    try {
      return await this.#record(await code(this));
    } catch (error) {
      return await this.#interrupted(error);
    } finally {
      clearInterval(heartbeat);
      if (farewell !== undefined) clearTimeout(farewell);
      this.#ending?.removeEventListener('abort', processMayEnd);
    }
  }

  async save(checkpoint: Json, progress: JobProgress): Promise<void> {
    const saved = await this.#change((job) => ({
      checkpoint,
      progress,
      // It came further, so whatever went wrong before did not go wrong in a row.
      failures: 0,
      stops: undefined,
      lease: { runner: this.#runner, until: Date.now() + this.#leaseMs },
      ...(job.cancelRequested && { status: 'cancelled' as const }),
    }));
    this.#cameFurther = true;
    if (!holds(saved, this.#runner)) this.#interrupt('cancelled');
    this.#options.onProgress?.(saved);
    // A store in this process answers without letting anything else run: the requests that wait come first.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#leaveOffInTime();
  }

  /** Changes the job where it is still this run's; the run ends where it is not. */
  async #change(decide: (job: JobRecord) => Partial<JobRecord>): Promise<JobRecord> {
    let lost = false;
    const decided = (latest: JobRecord) => {
      lost = !holds(latest, this.#runner);
      return lost ? undefined : decide(latest);
    };
    const held = await this.#written(decided);
    if (lost || held === undefined) this.#interrupt('lost');
    this.#held = held;
    return held.job;
  }

  /** As `change`, and tells of the end, once, also where it was recorded before and only the store's answer was lost. */
  async #written(decide: (job: JobRecord) => Partial<JobRecord> | undefined): Promise<HeldJob | undefined> {
    const signed = (latest: JobRecord) => {
      const change = decide(latest);
      return change?.status !== undefined && hasEnded(change.status) ? { ...change, endedBy: this.#runner } : change;
    };
    const held = await changeHeldJob(this.#options.store, this.job.id, signed, this.#held);
    if (held?.job.endedBy === this.#runner && !this.#isEndTold) {
      this.#isEndTold = true;
      this.#options.onEnd(held.job);
    }
    return held;
  }

  #leaveOffInTime(): void {
    if (this.#ending?.aborted) this.#interrupt(isTimeout(this.#ending.reason) ? 'timeOver' : 'processEnds');
  }

  #interrupt(why: Interruption): never {
    const interruption = new JobInterrupted(`The run of job ${this.job.id} ended early: ${INTERRUPTIONS[why]}.`);
    this.#interruption ??= why;
    this.#stop.abort(interruption);
    throw interruption;
  }

  async #renew(): Promise<void> {
    try {
      const job = await this.#change(() => ({ lease: { runner: this.#runner, until: Date.now() + this.#leaseMs } }));
      if (job.cancelRequested) this.#interrupt('cancelled');
      this.#leaveOffInTime();
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
    const why = this.#interruption;
    // One that came no further in the time of one delivery comes no further in the next.
    const isFailure = why === undefined || (why === 'timeOver' && !this.#cameFurther);
    if (isFailure) this.#options.onFailure(this.job, why === undefined ? error : this.#stop.signal.reason);
    const left = await this.#written((job) => {
      if (!holds(job, this.#runner)) return undefined;
      if (job.cancelRequested) return { status: 'cancelled' };
      return isFailure ? failed(job, error) : putBack(job, this.#cameFurther);
    });
    return left === undefined || hasEnded(left.job.status) ? DONE : leftAlone(left.job);
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/** What is asked again has not been answered. */
function asked(requests: Readonly<Record<string, Json>>, { responses = {} }: JobRecord): Partial<JobRecord> {
  const kept = Object.entries(responses).filter(([name]) => !Object.hasOwn(requests, name));
  return { requests: { ...requests }, responses: Object.fromEntries(kept) };
}
