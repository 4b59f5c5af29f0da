import { DelayedError, type JobsOptions, Queue, Worker } from 'bullmq';
import { connectToRedis, reconnectPause } from '../../state/redis-connection.ts';
import { withoutCommand } from '../../state/redis-engine.ts';
import { jobSender, type RunDelivery, type WorkedQueue } from '../job-queue.ts';
import type { HeldJob } from '../job-store.ts';
import { seldom } from './seldom.ts';

/** With the prefix: all keys begin with `queue:jobs:`, as those of the state do with `state:`. */
const NAME = 'jobs';
const PREFIX = 'queue';
const AT_ONCE = 4;
/** How long a delivery is locked; BullMQ renews it twice in that, so that only a process that died leaves one locked. */
const LOCK_MS = 15_000;
/** How often somebody looks for deliveries whose lock has run out. */
const STALLED_EVERY_MS = 5_000;
/** A run that rejects has no store to work with, and a command that fails no Redis: both are tried again after this. */
const RETRY_MS = 1_000;
/** A larger input is read from its record, and lies in Redis once. */
const MAX_CARRIED_CHARACTERS = 4_096;
/** How long the running deliveries have to leave off. A process has 10 s to end, and its requests come first. */
const STOP_MS = 3_000;

// The record in the store says when a job has failed for good; a delivery that fails is made again, for ever, and leaves
// neither a result nor a history.
const FOR_EVER = Number.MAX_SAFE_INTEGER;
const DELIVERY: JobsOptions = {
  attempts: FOR_EVER,
  backoff: { type: 'fixed', delay: RETRY_MS },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 0,
  keepLogs: 0,
};

/** What a delivery holds: the job's id alone or, where that is small, with the job as it was recorded. */
type Message = string | { readonly jobId: string; readonly recorded: HeldJob };

/** A queue in Redis, and what runs its deliveries in this process. */
export interface BullmqQueue extends WorkedQueue {
  close(): void;
}

/**
 * A queue in Redis, through BullMQ: every process that names the same server and database takes its share of the
 * deliveries. What a process held that died is delivered again within 20 s. While Redis is away, sending fails within
 * 1.5 s, and deliveries go on when it is back.
 *
 * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * @throws {Error} where it is no such URL
 *
 * @example
 * const queue = bullmqQueue('redis://127.0.0.1:6379');
 * queue.start(server.runJob, server.onQueueError);
 * await queue.send(job.id);
 */
export function bullmqQueue(url: string): BullmqQueue {
  const { redis, run: command } = connectToRedis(url);
  const queue = new Queue<Message>(NAME, {
    prefix: PREFIX,
    connection: redis,
    defaultJobOptions: DELIVERY,
    // Nobody listens to its events; 10,000 of them would be kept.
    streams: { events: { maxLen: 0 } },
    // A command fails in time by itself. What is asked beforehand and once fails for good, should Redis be away just then.
    skipWaitingForReady: true,
    skipVersionCheck: true,
  });
  // The call that failed says so.
  queue.on('error', () => {});
  let worker: Worker<Message> | undefined;
  let ending = new AbortController();

  return {
    ...jobSender('bullmq', (jobId, delay, recorded) =>
      command(queue.add('run', isSmall(recorded) ? { jobId, recorded } : jobId, { delay })),
    ),
    start(run, onError) {
      ending = new AbortController();
      worker = startWorker(url, run, ending.signal, onError);
    },
    async stop() {
      ending.abort();
      if (worker !== undefined) await stopWorker(worker);
      worker = undefined;
    },
    close: () => redis.disconnect(),
  };
}

/** Of what a job holds when it is submitted, only its input may be large. */
function isSmall(recorded: HeldJob | undefined): recorded is HeldJob {
  return recorded !== undefined && JSON.stringify(recorded.job.input).length <= MAX_CARRIED_CHARACTERS;
}

function startWorker(
  url: string,
  run: RunDelivery,
  stop: AbortSignal,
  onError: (error: unknown) => void,
): Worker<Message> {
  const report = seldom((error) => onError(withoutCommand(error)));
  const worker = new Worker<Message>(
    NAME,
    async (bullJob, token) => {
      const { data } = bullJob;
      const delivery = typeof data === 'string' ? await run(data, stop) : await run(data.jobId, stop, data.recorded);
      if (delivery.kind === 'done') return;
      await bullJob.moveToDelayed(Date.now() + delivery.afterMs, token);
      throw new DelayedError();
    },
    {
      prefix: PREFIX,
      // Not those of the queue's: a worker's commands wait until Redis is back, and one of them waits for deliveries.
      connection: { url, maxRetriesPerRequest: null, retryStrategy: reconnectPause },
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      maxStalledCount: FOR_EVER,
      runRetryDelay: RETRY_MS,
    },
  );
  // Each attempt to connect fails anew, twice a second; so does each delivery while the store is down.
  worker.on('error', report);
  worker.on('failed', (_job, error) => report(error));
  return worker;
}

/** What is still running after a while is left to whoever finds its lock run out. */
async function stopWorker(worker: Worker<Message>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => worker.getBackend().close(true).then(resolve, resolve), STOP_MS);
  });
  await Promise.race([worker.close(), late]);
  clearTimeout(timer);
}
