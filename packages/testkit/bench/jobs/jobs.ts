import { parseArgs } from 'node:util';
import { createJobRunner, createJobs } from '@mcp-everywhere/platform/jobs';
import { bullmqQueue } from '@mcp-everywhere/platform/jobs/bullmq-queue';
import { redisStore } from '@mcp-everywhere/platform/state/redis';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../src/engines/redis.ts';

/**
 * `pnpm bench:jobs [--check]`: jobs per second, submitted all at once until the last has ended, beside bare BullMQ on the
 * same Redis and with as many at once. With `--check` the exit code is 1 where the goal is missed.
 *
 * The third contestant shows how much of the distance is the record itself: bare BullMQ, and beside each job the three
 * plain commands that any record of its own needs (written, claimed, ended), without a comparison, a lease or JSON.
 */
const JOBS = 1_000;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 2;
/** As many as the queue's adapter runs at once. */
const AT_ONCE = 4;
const GOAL = 0.7;
/** As long as the record of a job that does nothing. */
const RECORD = 'x'.repeat(300);
const RECORD_TTL_MS = 60_000;

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
  queue.start(async (...delivered) => {
    const delivery = await run(...delivered);
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

/** What happens beside bare BullMQ when a job is submitted, and when it is run. */
interface Beside {
  submit(index: number): Promise<unknown>;
  run(index: number): Promise<unknown>;
}

function bare({ url }: RedisServer, name: string, beside?: Beside) {
  const connection = { url, maxRetriesPerRequest: null };
  const queue = new Queue<number>(name, { connection, defaultJobOptions: { removeOnComplete: true } });
  const done = countdown();
  const work = async ({ data }: { readonly data: number }) => {
    await beside?.run(data);
    return null;
  };
  const worker = new Worker<number>(name, work, { connection, concurrency: AT_ONCE });
  worker.on('completed', () => done.one());
  const contestant: Contestant = async (count) => {
    const ended = done.from(count);
    const submit = async (index: number) => {
      await beside?.submit(index);
      await queue.add('nothing', index);
    };
    await Promise.all(Array.from({ length: count }, (_, index) => submit(index)));
    await ended;
  };
  const close = async () => {
    await worker.close();
    await queue.close();
  };
  return { contestant, close };
}

function bareWithRecord(server: RedisServer) {
  const redis = new Redis(server.url);
  const key = (index: number) => `bench:${index}`;
  const { contestant, close } = bare(server, 'bare-with-record', {
    submit: (index) => redis.set(key(index), RECORD, 'PX', RECORD_TTL_MS),
    async run(index) {
      await redis.set(key(index), RECORD, 'PX', RECORD_TTL_MS);
      await redis.set(key(index), RECORD, 'PX', RECORD_TTL_MS);
    },
  });
  return {
    contestant,
    async close() {
      await close();
      redis.disconnect();
    },
  };
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
const contestants = {
  'this project': ours(redis),
  'bare BullMQ': bare(redis, 'bare'),
  'bare BullMQ, and three plain commands': bareWithRecord(redis),
};
const rounds: Record<keyof typeof contestants, number>[] = [];
// In every round each runs once, so that whatever else the machine does meets all.
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  const figures = {
    'this project': await jobsPerSecond(contestants['this project'].contestant),
    'bare BullMQ': await jobsPerSecond(contestants['bare BullMQ'].contestant),
    'bare BullMQ, and three plain commands': await jobsPerSecond(
      contestants['bare BullMQ, and three plain commands'].contestant,
    ),
  };
  if (round >= WARM_UP_ROUNDS) rounds.push(figures);
}
for (const { close } of Object.values(contestants)) await close();
await redis.stop();

const names: readonly (keyof typeof contestants)[] = [
  'this project',
  'bare BullMQ, and three plain commands',
  'bare BullMQ',
];
const toBare = (name: keyof typeof contestants) =>
  median(rounds.map((figures) => figures[name] / figures['bare BullMQ']));
const lines = names.map((name) => {
  const perSecond = median(rounds.map((figures) => figures[name])).toFixed(0);
  return `  ${name.padEnd(38)} ${perSecond.padStart(6)} jobs/s  ${toBare(name).toFixed(2)} x`;
});
const ratio = toBare('this project');
process.stdout.write(
  `${JOBS} jobs at once, ${AT_ONCE} of them running, median of ${ROUNDS} rounds\n${lines.join('\n')}\n` +
    `  goal: at least ${GOAL} x: ${ratio >= GOAL ? 'met' : 'MISSED'}\n`,
);
if (values.check && ratio < GOAL) process.exit(1);
