import assert from 'node:assert/strict';
import { type Delivery, QueueUnavailable, type RunDelivery } from '@mcp-everywhere/platform/jobs';
import { type DenoKvQueue, denoKvQueue } from '@mcp-everywhere/platform/jobs/deno-kv-queue';

const SOON_MS = 300;
/** Looks so rarely that only what it was told of itself can wake it. */
const RARELY = { lookEveryMs: 60_000 };
const OFTEN = { lookEveryMs: 50 };
const DONE: Delivery = { kind: 'done' };

function unexpected(error: unknown): void {
  throw error;
}

/** A database in a file, and the queues of the instances that share it. */
interface Instances {
  /** The queue of one more instance. */
  open(options: typeof OFTEN): DenoKvQueue;
  /** Ends them all, with the connection: what comes then has only the file. */
  end(): Promise<void>;
}

function queueTest(name: string, use: (instances: Instances) => Promise<void>): void {
  Deno.test(name, async () => {
    const directory = await Deno.makeTempDir();
    const path = `${directory}/state.kv`;
    let kv = await Deno.openKv(path);
    let queues: DenoKvQueue[] = [];
    const end = async () => {
      await Promise.all(queues.map((queue) => queue.stop()));
      queues = [];
      kv.close();
      kv = await Deno.openKv(path);
    };
    try {
      await use({
        end,
        open(options) {
          const queue = denoKvQueue(kv, options);
          queues.push(queue);
          return queue;
        },
      });
    } finally {
      await end();
      kv.close();
      await Deno.remove(directory, { recursive: true });
    }
  });
}

/** Notes what is delivered, and has the `count`-th delivery of a job answered by `react`. */
function recorder(react: (jobId: string, count: number, stop?: AbortSignal) => Promise<Delivery> = async () => DONE) {
  const deliveries: { jobId: string; at: number }[] = [];
  let heard = Promise.withResolvers<void>();
  const run: RunDelivery = (jobId, stop) => {
    deliveries.push({ jobId, at: Date.now() });
    heard.resolve();
    heard = Promise.withResolvers();
    return react(jobId, deliveries.filter((one) => one.jobId === jobId).length, stop);
  };
  const delivered = async (jobId: string, count = 1): Promise<number> => {
    for (;;) {
      const found = deliveries.filter((one) => one.jobId === jobId)[count - 1];
      if (found !== undefined) return found.at;
      await heard.promise;
    }
  };
  return { run, delivered, jobs: () => deliveries.map(({ jobId }) => jobId) };
}

queueTest('delivers what was sent, before it was started and since', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered } = recorder();
  await queue.send('early');
  queue.start(run, unexpected);
  await delivered('early');
  await queue.send('late');
  await delivered('late');
});

queueTest('delivers nothing before its delay has passed, and holds nothing else up by it', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered, jobs } = recorder();
  queue.start(run, unexpected);
  const sent = Date.now();
  await queue.send('delayed', SOON_MS);
  await queue.send('next');
  assert.ok((await delivered('delayed')) - sent >= SOON_MS);
  assert.deepEqual(jobs(), ['next', 'delayed']);
});

queueTest('delivers again what asks for it, not before the time it says', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered } = recorder(async (_job, count) =>
    count > 2 ? DONE : { kind: 'again', afterMs: count === 1 ? SOON_MS : 0 },
  );
  queue.start(run, unexpected);
  await queue.send('job');
  assert.ok((await delivered('job', 2)) - (await delivered('job', 1)) >= SOON_MS);
  await delivered('job', 3);
});

queueTest('does not deliver again what is done, also when it is started again', async ({ open, end }) => {
  const first = open(OFTEN);
  const { run, delivered, jobs } = recorder();
  first.start(run, unexpected);
  await first.send('job');
  await delivered('job');
  await end();
  const second = open(OFTEN);
  second.start(run, unexpected);
  await second.send('mark', SOON_MS);
  await delivered('mark');
  assert.deepEqual(jobs(), ['job', 'mark']);
});

queueTest('delivers again where the run rejects', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered } = recorder(async (_job, count) => {
    if (count === 1) throw new Error('The store is down.');
    return DONE;
  });
  queue.start(run, unexpected);
  await queue.send('job');
  await delivered('job', 2);
});

queueTest('does not lose what is sent while its own delivery runs', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered } = recorder(async (jobId, count) => {
    if (count === 1) await queue.send(jobId);
    return DONE;
  });
  queue.start(run, unexpected);
  await queue.send('job');
  await delivered('job', 2);
});

queueTest('delivers what another instance has sent', async ({ open }) => {
  const [sender, worker] = [open(OFTEN), open(OFTEN)];
  const { run, delivered } = recorder();
  worker.start(run, unexpected);
  await sender.send('job');
  await delivered('job');
});

queueTest('gives each of many deliveries to one of several instances, all of them', async ({ open }) => {
  const queues = [open(OFTEN), open(OFTEN), open(OFTEN)];
  const { run, delivered, jobs } = recorder();
  for (const queue of queues) queue.start(run, unexpected);
  const sent = Array.from({ length: 60 }, (_, index) => `job-${index}`);
  await Promise.all(sent.map((job, index) => queues[index % queues.length]?.send(job)));
  await Promise.all(sent.map((job) => delivered(job)));
  await Promise.all(queues.map((queue) => queue.stop()));
  assert.deepEqual(jobs().toSorted(), sent.toSorted());
});

queueTest('tells a running delivery that it ends, and has the next one make it again', async ({ open, end }) => {
  const first = open(RARELY);
  const { run, delivered } = recorder(async (_job, count, stop) => {
    if (count > 1) return DONE;
    await new Promise((resolve) => stop?.addEventListener('abort', resolve));
    return { kind: 'again', afterMs: 0 };
  });
  first.start(run, unexpected);
  await first.send('job');
  await delivered('job');
  await end();
  open(RARELY).start(run, unexpected);
  await delivered('job', 2);
});

queueTest('a sweep lasts until what is due has been run', async ({ open }) => {
  const [sender, worker] = [open(RARELY), open(RARELY)];
  const { run, jobs } = recorder(async (_job, count) => (count > 1 ? DONE : { kind: 'again', afterMs: 0 }));
  worker.start(run, unexpected);
  await worker.sweep();
  const sent = Array.from({ length: 9 }, (_, index) => `job-${index}`);
  for (const job of sent) await sender.send(job);
  await sender.send('later', 60_000);
  await worker.sweep();
  assert.deepEqual(jobs().toSorted(), [...sent, ...sent].toSorted());
});

Deno.test('says that it is unavailable once Deno KV is closed', async () => {
  const kv = await Deno.openKv(':memory:');
  const queue = denoKvQueue(kv, RARELY);
  kv.close();
  await assert.rejects(queue.send('job'), QueueUnavailable);
});
