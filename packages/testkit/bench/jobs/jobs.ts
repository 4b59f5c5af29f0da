import { parseArgs } from 'node:util';
import { createJobRunner, createJobs } from '@mcp-everywhere/platform/jobs';
import { bullmqQueue } from '@mcp-everywhere/platform/jobs/bullmq-queue';
import { redisStore } from '@mcp-everywhere/platform/state/redis';
import { Queue, Worker } from 'bullmq';
import { type RedisServer, startRedis } from '../../src/engines/redis.ts';

/**
 * `pnpm bench:jobs [--check]`: jobs per second, submitted all at once until the last has ended, beside bare BullMQ on the
 * same Redis and with as many at once. With `--check` the exit code is 1 where the goal is missed.
 */
const JOBS = 1_000;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 2;
/** As many as the queue's adapter runs at once. */
const AT_ONCE = 4;
const GOAL = 0.7;

/** Submits so many jobs at once and waits for the end of the last. */
type Contestant = (jobs: number) => Promise<void>;

/** Counts down what is to end. */
function countdown() {
  let left = 0;
  let ended = Promise.withResolvers<void>();
  return {
    from(jobs: number): Promise<void> {
      left = jobs;
      ended = Promise.withResolvers<void>();
      return ended.promise;
    },
    one() {
      left -= 1;
      if (left === 0) ended.resolve();
    },
  };
}

/** This project's: a record in the store, a queue that carries its id, a lease, and the result in the record. */
function ours({ url }: RedisServer) {
  const store = redisStore(url);
  const queue = bullmqQueue(url);
  const jobs = createJobs(store, queue);
  const done = countdown();
  const run = createJobRunner({
    store,
    code: new Map([['nothing', async () => ({ kind: 'completed', result: null })]]),
    onFailure: (_job, error) => report(error),
    onEnd: () => {},
  });
  queue.start(async (jobId, stop) => {
    const delivery = await run(jobId, stop);
    if (delivery.kind === 'done') done.one();
    return delivery;
  }, report);
  const contestant: Contestant = async (count) => {
    const ended = done.from(count);
    await Promise.all(
      Array.from({ length: count }, () => jobs.submit({ kind: 'nothing', owner: 'bench', input: null })),
    );
    await ended;
  };
  const close = async () => {
    await queue.stop();
    queue.close();
    store.close();
  };
  return { contestant, close };
}

function bare({ url }: RedisServer) {
  const connection = { url, maxRetriesPerRequest: null };
  const queue = new Queue('bare', { connection, defaultJobOptions: { removeOnComplete: true } });
  const done = countdown();
  const worker = new Worker('bare', async () => null, { connection, concurrency: AT_ONCE });
  worker.on('completed', () => done.one());
  const contestant: Contestant = async (count) => {
    const ended = done.from(count);
    await Promise.all(Array.from({ length: count }, () => queue.add('nothing', null)));
    await ended;
  };
  const close = async () => {
    await worker.close();
    await queue.close();
  };
  return { contestant, close };
}

function report(error: unknown): never {
  throw error;
}

async function jobsPerSecond(contestant: Contestant): Promise<number> {
  const start = performance.now();
  await contestant(JOBS);
  return (JOBS * 1000) / (performance.now() - start);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const redis = await startRedis();
const contestants = { 'this project': ours(redis), 'bare BullMQ': bare(redis) };
const rounds: { readonly ours: number; readonly bare: number }[] = [];
// In every round each runs once, so that whatever else the machine does meets both.
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  const figures = {
    ours: await jobsPerSecond(contestants['this project'].contestant),
    bare: await jobsPerSecond(contestants['bare BullMQ'].contestant),
  };
  if (round >= WARM_UP_ROUNDS) rounds.push(figures);
}
for (const { close } of Object.values(contestants)) await close();
await redis.stop();

const ratio = median(rounds.map((figures) => figures.ours / figures.bare));
process.stdout.write(
  `${JOBS} jobs at once, median of ${ROUNDS} rounds\n` +
    `  this project ${median(rounds.map((figures) => figures.ours)).toFixed(0)} jobs/s\n` +
    `  bare BullMQ  ${median(rounds.map((figures) => figures.bare)).toFixed(0)} jobs/s\n` +
    `  ${ratio.toFixed(2)} x; goal: at least ${GOAL} x: ${ratio >= GOAL ? 'met' : 'MISSED'}\n`,
);
if (values.check && ratio < GOAL) process.exit(1);
