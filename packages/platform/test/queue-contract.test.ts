import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, type TestContext, vi } from 'vitest';
import { type QueueHarness, queueContract, storeIsDown } from '../src/jobs/contract.ts';
import { sqliteQueue } from '../src/jobs/queues/sqlite-queue-node.ts';

const directory = mkdtempSync(join(tmpdir(), 'queue-'));
afterAll(() => rmSync(directory, { recursive: true }));

const unexpected = (error: unknown) => {
  if (error !== storeIsDown) throw error;
};

/** A queue in a file of its own, opened anew with each consumer. */
function harness({ onTestFinished }: TestContext): QueueHarness {
  const path = join(directory, crypto.randomUUID(), 'state.sqlite');
  let queue = sqliteQueue(path);
  onTestFinished(async () => {
    await queue.stop();
    queue.close();
  });
  return {
    queue: { kind: 'sqlite', send: (jobId, delayMs) => queue.send(jobId, delayMs) },
    start: (run) => queue.start(run, unexpected),
    async stop() {
      await queue.stop();
      queue.close();
      queue = sqliteQueue(path);
    },
  };
}

describe.concurrent('the queue in SQLite keeps the contract', () => {
  it.for(queueContract)('$name', ({ run }, test) => run(harness(test)));
});

it('what is sent again while it waits in a backlog keeps its place in the queue in SQLite', async () => {
  const queue = sqliteQueue(join(directory, crypto.randomUUID(), 'state.sqlite'));
  onTestFinished(async () => {
    await queue.stop();
    queue.close();
  });
  const backlog = Array.from({ length: 20 }, (_, index) => `job_${index}`);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  for (const jobId of [...backlog, 'job_0']) {
    vi.setSystemTime(Date.now() + 1);
    await queue.send(jobId);
  }
  const order: string[] = [];
  queue.start(async (jobId) => {
    order.push(jobId);
    return { kind: 'done' };
  }, unexpected);
  await expect.poll(() => order.length).toBe(backlog.length);
  expect(order).toEqual(backlog);
});

it('why a run rejects is said by the queue in SQLite, the same once a minute', async () => {
  const queue = sqliteQueue(join(directory, crypto.randomUUID(), 'state.sqlite'));
  onTestFinished(async () => {
    await queue.stop();
    queue.close();
  });
  let runs = 0;
  const reports: unknown[] = [];
  queue.start(
    async (jobId) => {
      runs += 1;
      if (jobId === 'job_other') throw new Error('The other is damaged.');
      throw storeIsDown;
    },
    (error) => reports.push(error),
  );
  await Promise.all(['job_1', 'job_2', 'job_other'].map((jobId) => queue.send(jobId)));
  await expect.poll(() => runs, { timeout: 5_000 }).toBeGreaterThan(5);
  expect(reports.map(String)).toEqual([String(storeIsDown), 'Error: The other is damaged.']);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await expect.poll(() => reports.length, { timeout: 5_000 }).toBe(4);
});
