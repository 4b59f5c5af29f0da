import { newJobId } from '../job.ts';
import type { Delivery, JobQueue, RunDelivery } from '../job-queue.ts';

/** A delivery that takes longer than this is taken for lost: a worker that was ended may hold it for a while. */
const PATIENCE_MS = 40_000;

/** Waits until a job has been delivered so many times (once where it is not said), and gives when, on the wall's clock. */
type Delivered = (jobId: string, count?: number) => Promise<number>;

interface Recorder {
  /** What a consumer is given. */
  readonly run: RunDelivery;
  readonly delivered: Delivered;
  /** The deliveries so far. */
  readonly order: readonly string[];
}

/**
 * Notes what is delivered.
 *
 * @param react what is made of a delivery, the `count`-th of its job; each is done where it is not said
 */
export function recorder(
  react: (jobId: string, count: number, stop?: AbortSignal) => Promise<Delivery> = async () => ({ kind: 'done' }),
): Recorder {
  const order: string[] = [];
  const moments = new Map<string, number[]>();
  const heard = new EventTarget();
  return {
    order,
    async run(jobId, stop) {
      order.push(jobId);
      const of = moments.get(jobId) ?? [];
      of.push(Date.now());
      moments.set(jobId, of);
      heard.dispatchEvent(new Event(jobId));
      return react(jobId, of.length, stop);
    },
    async delivered(jobId, count = 1) {
      const lost = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const of = moments.get(jobId) ?? [];
        const moment = of[count - 1];
        if (moment !== undefined) return moment;
        agreed(!lost.aborted, `${count} deliveries of a job within ${PATIENCE_MS} ms`, `${of.length}`);
        await nextOf(heard, jobId, lost);
      }
    },
  };
}

function nextOf(heard: EventTarget, jobId: string, lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => resolve();
    heard.addEventListener(jobId, settle, { once: true });
    lost.addEventListener('abort', settle, { once: true });
  });
}

/** Sends a job and waits for it: what was there before it, and due, has had its turn. */
export async function marked(queue: JobQueue, delivered: Delivered): Promise<void> {
  const mark = newJobId();
  await queue.send(mark);
  await delivered(mark);
}

/** Fails where the two differ; `what` says what they are. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  agreed(Object.is(actual, expected), `${what} to be ${JSON.stringify(expected)}`, JSON.stringify(actual));
}

/** Fails unless it holds. */
export function agreed(holds: boolean, expected: string, actual: string): void {
  if (!holds) throw new Error(`Expected ${expected}; got ${actual}.`);
}
