import assert from 'node:assert/strict';
import { QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import { queueContract, recorder } from '@mcp-everywhere/platform/jobs/contract';
import { type DenoKvQueue, denoKvQueue } from '@mcp-everywhere/platform/jobs/deno-kv-queue';

/** Looks so rarely that only what it was told of itself can wake it. */
const RARELY = { lookEveryMs: 60_000 };
const OFTEN = { lookEveryMs: 50 };

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

for (const { name, run } of queueContract) {
  queueTest(name, async ({ open, end }) => {
    let queue = open(RARELY);
    await run({
      queue: { kind: 'deno-kv', send: (jobId, delayMs) => queue.send(jobId, delayMs) },
      start: (deliver) => queue.start(deliver, unexpected),
      async stop() {
        await end();
        queue = open(RARELY);
      },
    });
  });
}

queueTest('delivers what another instance has sent', async ({ open }) => {
  const [sender, worker] = [open(OFTEN), open(OFTEN)];
  const { run, delivered } = recorder();
  worker.start(run, unexpected);
  await sender.send('job');
  await delivered('job');
});

queueTest('gives each of many deliveries to one of several instances, all of them', async ({ open }) => {
  const queues = [open(OFTEN), open(OFTEN), open(OFTEN)];
  const { run, delivered, order } = recorder();
  for (const queue of queues) queue.start(run, unexpected);
  const sent = Array.from({ length: 60 }, (_, index) => `job-${index}`);
  await Promise.all(sent.map((job, index) => queues[index % queues.length]?.send(job)));
  await Promise.all(sent.map((job) => delivered(job)));
  await Promise.all(queues.map((queue) => queue.stop()));
  assert.deepEqual(order.toSorted(), sent.toSorted());
});

queueTest('a sweep lasts until what is due has been run', async ({ open }) => {
  const [sender, worker] = [open(RARELY), open(RARELY)];
  const { run, order } = recorder(async (_job, count) =>
    count > 1 ? { kind: 'done' } : { kind: 'again', afterMs: 0 },
  );
  worker.start(run, unexpected);
  await worker.sweep();
  const sent = Array.from({ length: 9 }, (_, index) => `job-${index}`);
  for (const job of sent) await sender.send(job);
  await sender.send('later', 60_000);
  await worker.sweep();
  assert.deepEqual(order.toSorted(), [...sent, ...sent].toSorted());
});

/** Runs each delivery until it is told to stop, and asks for it to be made again. */
const untilStopped = () =>
  recorder(async (_job, _count, stop) => {
    await new Promise((resolve) => stop?.addEventListener('abort', resolve));
    return { kind: 'again', afterMs: 0 };
  });

queueTest('delivers again when it is started after it was stopped in the middle of a delivery', async ({ open }) => {
  const queue = open(RARELY);
  const [first, second] = [untilStopped(), recorder()];
  queue.start(first.run, unexpected);
  await queue.send('job');
  await first.delivered('job');
  await queue.stop();
  queue.start(second.run, unexpected);
  await second.delivered('job');
});

queueTest('a sweep ends when the queue is stopped, and the process can exit', async ({ open }) => {
  const queue = open(RARELY);
  const { run, delivered, order } = untilStopped();
  queue.start(run, unexpected);
  await queue.send('job');
  await delivered('job');
  const sweep = queue.sweep();
  await queue.stop();
  // Where it goes on without anything to wait for, no timer of the process fires any more, and this test does not end.
  await sweep;
  await queue.sweep();
  assert.deepEqual(order, ['job']);
});

Deno.test('says that it is unavailable once Deno KV is closed', async () => {
  const kv = await Deno.openKv(':memory:');
  const queue = denoKvQueue(kv, RARELY);
  kv.close();
  await assert.rejects(queue.send('job'), QueueUnavailable);
});
