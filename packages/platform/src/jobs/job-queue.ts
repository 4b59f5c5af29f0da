import type { HeldJob } from './job-store.ts';

/**
 * What delivers jobs: the platform's own queue. It carries the id, at least once; the record in the store is the truth.
 */
export interface JobQueue {
  /** Which mechanism, for the log and for `runtime_info`. */
  readonly kind: string;
  /**
   * Has the job run, on this instance or another, not before `delayMs` milliseconds have passed.
   *
   * @param recorded the job as it has just been recorded. A queue may carry it along, which spares whoever runs the job a
   *   read, or leave it out
   * @throws {QueueUnavailable} where the queue cannot be reached: then nothing was sent
   */
  send(jobId: string, delayMs?: number, recorded?: HeldJob): Promise<void>;
}

/**
 * What sends for a queue: whatever fails in it is a `QueueUnavailable` that names the queue.
 *
 * @param send is given 0 where there is no delay
 */
export function jobSender(
  kind: string,
  send: (jobId: string, delayMs: number, recorded?: HeldJob) => Promise<unknown>,
): Pick<JobQueue, 'kind' | 'send'> {
  return {
    kind,
    async send(jobId, delayMs = 0, recorded) {
      try {
        await send(jobId, delayMs, recorded);
      } catch (cause) {
        throw new QueueUnavailable(kind, cause);
      }
    },
  };
}

/** The queue did not answer, or refused. The message names it; the cause stays for the log. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable';

  constructor(kind: JobQueue['kind'], cause: unknown) {
    super(`The job queue "${kind}" is unavailable. Try again in a moment.`, { cause });
  }
}

/** What a queue does with a delivery after it was run. */
export type Delivery =
  /** There is nothing more to do: the delivery is done with. */
  | { readonly kind: 'done' }
  /** Deliver it again, not before so many milliseconds have passed. */
  | { readonly kind: 'again'; readonly afterMs: number };

/**
 * Runs a delivered job; never rejects but where the store is down, or holds what another release may understand, and then
 * the delivery is to be made again.
 *
 * @param stop fires where this process ends, or the time is over that the platform gives a delivery: what is left of the job
 *   when it is next saved is for another delivery. Only in the latter case its reason is a `TimeoutError`, as that of
 *   `AbortSignal.timeout`: a job that cannot save even once in that time would be begun again for ever
 * @param carried what the delivery brought besides the id: decided upon first, and believed only by a compare-and-set
 */
export type RunDelivery = (jobId: string, stop?: AbortSignal, carried?: unknown) => Promise<Delivery>;

/** A queue whose deliveries this very process runs. */
export interface WorkedQueue extends JobQueue {
  /**
   * Runs deliveries, several at once, until {@link stop}.
   *
   * @param onError gets what is wrong with the queue itself, and why a run rejected, where it is not the same as a moment
   *   before: the queue goes on all the same
   */
  start(run: RunDelivery, onError: (error: unknown) => void): void;
  /** Takes no further delivery, has the running ones leave off, and resolves when they have. */
  stop(): Promise<void>;
}
