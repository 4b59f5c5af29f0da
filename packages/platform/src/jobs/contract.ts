import { agreed, equal, marked, recorder } from './contract/recorder.ts';
import { newJobId } from './job.ts';
import type { JobQueue, RunDelivery } from './job-queue.ts';

export { recorder } from './contract/recorder.ts';

/** A queue of its own for one case, and what consumes it. */
export interface QueueHarness {
  /** What the case sends by; it works whether or not anything consumes. */
  readonly queue: JobQueue;
  /** Has deliveries run by this from now on, on one consumer. */
  start(run: RunDelivery): void | Promise<void>;
  /** Ends the consumer, as the end of its process would: with all that it holds in memory. Resolves when it runs nothing. */
  stop(): Promise<void>;
}

/** One rule of the contract. `run` rejects, with a message that says what was expected, where the queue breaks it. */
export interface QueueCase {
  readonly name: string;
  run(harness: QueueHarness): Promise<void>;
}

const SOON_MS = 600;

/** What a run of the contract rejects with: a queue may report it, which is no trouble of its own. */
export const storeIsDown = new Error('The store is down.');

/**
 * What every queue must do, as cases that need no test runner: each runtime's own runner runs them on the real engine, each
 * on a harness of its own. A queue may deliver more often than it has to, but not after what was sent is done.
 *
 * @example
 * for (const { name, run } of queueContract) test(name, () => run(harness()));
 */
export const queueContract: readonly QueueCase[] = [
  {
    name: 'delivers what was sent',
    async run({ queue, start, stop }) {
      const { run, delivered } = recorder();
      const [early, late] = [newJobId(), newJobId()];
      await queue.send(early);
      await start(run);
      await queue.send(late);
      await Promise.all([delivered(early), delivered(late)]);
      await stop();
    },
  },
  {
    name: 'delivers nothing before its delay has passed, and holds nothing else up by it',
    async run({ queue, start, stop }) {
      const { run, delivered, order } = recorder();
      const [delayed, next] = [newJobId(), newJobId()];
      await start(run);
      const sent = Date.now();
      await queue.send(delayed, SOON_MS);
      await queue.send(next);
      const at = await delivered(delayed);
      agreed(at - sent >= SOON_MS, `the delivery ${SOON_MS} ms after it was sent, or later`, `${at - sent} ms`);
      equal(order[0], next, 'the first delivery');
      await stop();
    },
  },
  {
    name: 'delivers again what asks for it, not before the time it says',
    async run({ queue, start, stop }) {
      const ends: number[] = [];
      const { run, delivered } = recorder(async (_jobId, count) => {
        if (count > 2) return { kind: 'done' };
        ends.push(Date.now());
        return { kind: 'again', afterMs: count === 1 ? SOON_MS : 0 };
      });
      const job = newJobId();
      await start(run);
      await queue.send(job);
      const second = await delivered(job, 2);
      const waited = second - (ends[0] ?? Number.NaN);
      agreed(waited >= SOON_MS, `the second delivery ${SOON_MS} ms after the first ended, or later`, `${waited} ms`);
      await delivered(job, 3);
      await stop();
    },
  },
  {
    name: 'does not deliver again what is done',
    async run({ queue, start, stop }) {
      const { run, delivered, order } = recorder();
      const [job, later] = [newJobId(), newJobId()];
      await start(run);
      await queue.send(job);
      await delivered(job);
      // What is sent for later than any repetition would come tells that none came.
      await queue.send(later, 2 * SOON_MS);
      await delivered(later);
      await stop();
      await start(run);
      await marked(queue, delivered);
      equal(order.filter((id) => id === job).length, 1, 'the number of deliveries');
      await stop();
    },
  },
  {
    name: 'delivers again where the run rejects',
    async run({ queue, start, stop }) {
      const { run, delivered } = recorder(async (_jobId, count) => {
        if (count < 3) throw storeIsDown;
        return { kind: 'done' };
      });
      const job = newJobId();
      await start(run);
      await queue.send(job);
      await delivered(job, 3);
      await stop();
    },
  },
  {
    name: 'does not lose what is sent while its own delivery runs',
    async run({ queue, start, stop }) {
      const { run, delivered } = recorder(async (jobId, count) => {
        if (count === 1) await queue.send(jobId);
        return { kind: 'done' };
      });
      const job = newJobId();
      await start(run);
      await queue.send(job);
      await delivered(job, 2);
      await stop();
    },
  },
  {
    name: 'runs several deliveries at once',
    async run({ queue, start, stop }) {
      const jobs = [newJobId(), newJobId(), newJobId()];
      const all = Promise.withResolvers<void>();
      const begun = new Set<string>();
      const { run, delivered } = recorder(async (jobId) => {
        begun.add(jobId);
        if (begun.size === jobs.length) all.resolve();
        await all.promise;
        return { kind: 'done' };
      });
      await start(run);
      await Promise.all(jobs.map((job) => queue.send(job)));
      await Promise.all(jobs.map((job) => delivered(job)));
      await all.promise;
      await stop();
    },
  },
  {
    name: 'keeps what was sent while nothing consumes, and what waits for its delay, over the end of the consumer',
    async run({ queue, start, stop }) {
      const { run, delivered } = recorder();
      const [delayed, unheard] = [newJobId(), newJobId()];
      await start(run);
      await queue.send(delayed, SOON_MS);
      await stop();
      await queue.send(unheard);
      await start(run);
      await Promise.all([delivered(delayed), delivered(unheard)]);
      await stop();
    },
  },
  {
    name: 'tells a running delivery that the consumer ends, and makes it again with the next one',
    async run({ queue, start, stop }) {
      const { run, delivered } = recorder(async (_jobId, count, signal) => {
        if (count > 1) return { kind: 'done' };
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        return { kind: 'again', afterMs: 0 };
      });
      const job = newJobId();
      await start(run);
      await queue.send(job);
      await delivered(job);
      await stop();
      await start(run);
      await delivered(job, 2);
      await stop();
    },
  },
];
