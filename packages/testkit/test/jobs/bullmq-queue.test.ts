import { createJobs, type Json, QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import { bullmqQueue } from '@mcp-everywhere/platform/jobs/bullmq-queue';
import { type QueueHarness, queueContract, storeIsDown } from '@mcp-everywhere/platform/jobs/contract';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../src/engines/redis.ts';

const redisIsThere = await hasRedis();

const unexpected = (error: unknown): void => {
  if (String(error) !== String(storeIsDown)) throw error;
};

async function ownRedis(): Promise<RedisServer> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

/** A queue in Redis, opened anew with each consumer. */
function harness(url: string, onError = unexpected): QueueHarness {
  let queue = bullmqQueue(url);
  const end = async () => {
    await queue.stop();
    queue.close();
  };
  onTestFinished(end);
  return {
    queue: { kind: 'bullmq', send: (jobId, delayMs) => queue.send(jobId, delayMs) },
    start: (run) => queue.start(run, onError),
    async stop() {
      await end();
      queue = bullmqQueue(url);
    },
  };
}

describe.skipIf(!redisIsThere)('the queue in Redis', () => {
  it.each(queueContract)('$name', async ({ run }) => run(harness((await ownRedis()).url)));

  it('keeps nothing of a delivery that is done, and few of its events', async () => {
    const { url } = await ownRedis();
    const { queue, start, stop } = harness(url);
    let done = 0;
    await start(async () => {
      done += 1;
      return { kind: 'done' };
    });
    await Promise.all(Array.from({ length: 300 }, (_, index) => queue.send(`job_${index}`)));
    await expect.poll(() => done).toBe(300);
    await stop();
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    expect((await redis.keys('*')).filter((key) => /:\d+(:|$)/.test(key))).toEqual([]);
    expect(await redis.xlen('queue:jobs:events')).toBeLessThan(200);
  });

  it('carries a job along as it was recorded, and of a large one the id alone', async () => {
    const queue = bullmqQueue((await ownRedis()).url);
    onTestFinished(async () => {
      await queue.stop();
      queue.close();
    });
    const store = memoryStore();
    const jobs = createJobs(store, queue);
    const carried = new Map<string, unknown>();
    queue.start(async (jobId, _stop, recorded) => {
      carried.set(jobId, recorded);
      return { kind: 'done' };
    }, unexpected);
    const submit = (input: Json) => jobs.submit({ kind: 'report', owner: 'alice', input });
    const [small, large] = [await submit({ year: 1815 }), await submit('x'.repeat(5_000))];
    await expect.poll(() => carried.size).toBe(2);
    const version = (await store.read(`jobs/${small.id}`))?.version;
    expect([carried.get(small.id), carried.get(large.id)]).toEqual([{ job: small, version }, undefined]);
  });

  it('says why a run rejects, and the same once a minute', async () => {
    const errors: unknown[] = [];
    const { queue, start } = harness((await ownRedis()).url, (error) => errors.push(error));
    let runs = 0;
    await start(async () => {
      runs += 1;
      throw storeIsDown;
    });
    await queue.send('job_1');
    await queue.send('job_2');
    await expect.poll(() => runs, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(errors.map(String)).toEqual([String(storeIsDown)]);
  });

  it('has every worker take its share', async () => {
    const { url } = await ownRedis();
    const taken: string[] = [];
    const workers = ['one', 'other'].map((name) => {
      const worker = harness(url);
      worker.start(async () => {
        taken.push(name);
        // As long as work that is worth sharing.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { kind: 'done' };
      });
      return worker;
    });
    await Promise.all(Array.from({ length: 40 }, (_, index) => workers[0]?.queue.send(`job_${index}`)));
    await expect.poll(() => taken.length).toBe(40);
    expect(new Set(taken)).toEqual(new Set(['one', 'other']));
  });

  it('refuses to send while Redis is away, and goes on when it is back', async () => {
    const server = await ownRedis();
    const errors: unknown[] = [];
    const { queue, start } = harness(server.url, (error) => errors.push(error));
    const delivered: string[] = [];
    await start(async (jobId) => {
      delivered.push(jobId);
      return { kind: 'done' };
    });
    await queue.send('before');
    await expect.poll(() => delivered).toEqual(['before']);

    await server.stop();
    await expect(queue.send('meanwhile')).rejects.toBeInstanceOf(QueueUnavailable);
    await expect.poll(() => errors.map(String)).toContainEqual(expect.stringContaining('ECONNREFUSED'));
    const said = errors.length;

    await server.start();
    await expect.poll(() => queue.send('after').then(() => 'sent', String), { timeout: 5_000 }).toBe('sent');
    await expect.poll(() => delivered, { timeout: 10_000 }).toContain('after');
    expect(delivered).not.toContain('meanwhile');
    expect(said).toBeLessThan(4);
  });

  it('may be started before Redis is there, and stopped, too', async () => {
    const server = await ownRedis();
    await server.stop();
    const { queue, start } = harness(server.url, () => {});
    const stopped = harness(server.url, () => {});
    let delivered = 0;
    await start(async () => {
      delivered += 1;
      return { kind: 'done' };
    });
    await stopped.start(async () => ({ kind: 'done' }));
    await expect(queue.send('early')).rejects.toBeInstanceOf(QueueUnavailable);
    await stopped.stop();
    await server.start();
    await expect.poll(() => queue.send('late').then(() => 'sent', String), { timeout: 5_000 }).toBe('sent');
    await expect.poll(() => delivered, { timeout: 10_000 }).toBe(1);
  });
});

it('refuses what is no address of a Redis, and does not repeat it', () => {
  expect(() => bullmqQueue('http://user:hunter2@localhost')).toThrow(/^The address of Redis is no URL(?!.*hunter2)/);
});
