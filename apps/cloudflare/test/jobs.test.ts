import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createJobs, type RunDelivery } from '@mcp-everywhere/platform/jobs';
import { type QueueHarness, queueContract } from '@mcp-everywhere/platform/jobs/contract';
import { durableObjectQueue } from '@mcp-everywhere/platform/jobs/durable-object-queue';
import { durableObjectStore } from '@mcp-everywhere/platform/state/durable-object';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const queue = durableObjectQueue(env.JOBS);
const HOUR_MS = 3_600_000;
/** A delivery that nobody could run is made again after 5 s. */
const CASE_MS = 40_000;

/** Has the object of a job run something else than the server. */
function runWith(jobId: string, run: RunDelivery): Promise<void> {
  return runInDurableObject(env.JOBS.getByName(jobId), (object) => {
    Object.defineProperty(object, 'run', { value: run });
  });
}

/** Runs the alarm now, whenever it is due; `false` where none is set. */
function deliver(jobId: string): Promise<boolean> {
  return runDurableObjectAlarm(env.JOBS.getByName(jobId));
}

function alarmOf(jobId: string): Promise<number | null> {
  return runInDurableObject(env.JOBS.getByName(jobId), (_, { storage }) => storage.getAlarm());
}

function storedFor(jobId: string): Promise<unknown[]> {
  return runInDurableObject(env.JOBS.getByName(jobId), (_, { storage }) => [...storage.kv.list()]);
}

describe('the server of this Worker', () => {
  const jobs = createJobs(durableObjectStore(env.STATE), queue);

  it('completes a report from its alarm, and leaves nothing in the object', async () => {
    const input = { yearFrom: 1800, yearTo: 1820 };
    const { id } = await jobs.submit({ kind: 'start_report', owner: 'alice', input });
    await expect
      .poll(() => jobs.get(id, 'alice'), { timeout: 10_000 })
      .toMatchObject({ status: 'completed', result: { books: expect.any(Number) } });
    await expect.poll(() => storedFor(id)).toEqual([]);
    expect(await alarmOf(id)).toBeNull();
  });

  it('takes a job up again when the store that was down is back', async () => {
    const unqueued = createJobs(durableObjectStore(env.STATE), { kind: 'none', send: async () => {} });
    const { id } = await unqueued.submit({ kind: 'start_report', owner: 'alice', input: { yearFrom: 2900 } });
    await queue.send(id, HOUR_MS);
    const record = env.STATE.getByName(`jobs/${id}`);
    let whole: PropertyDescriptor | undefined;
    await runInDurableObject(record, (object) => {
      whole = Object.getOwnPropertyDescriptor(object, 'ctx');
      Object.defineProperty(object, 'ctx', {
        configurable: true,
        get: () => {
          throw new Error('disk failure');
        },
      });
    });
    await deliver(id);
    expect(await alarmOf(id)).toBeGreaterThan(Date.now());
    await runInDurableObject(record, (object) => {
      Reflect.deleteProperty(object, 'ctx');
      if (whole !== undefined) Object.defineProperty(object, 'ctx', whole);
    });
    await deliver(id);
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('two books'),
    });
    expect(await alarmOf(id)).toBeNull();
  });
});

/** What consumes is the platform itself: where there is nobody to run a delivery, its alarm throws, and is set anew. */
function harness(): QueueHarness {
  let consume: RunDelivery | undefined;
  let ending = new AbortController();
  const running = new Set<Promise<unknown>>();
  const run: RunDelivery = async (jobId, stop) => {
    if (consume === undefined) throw new Error('Nothing consumes.');
    const delivery = consume(jobId, stop === undefined ? ending.signal : AbortSignal.any([stop, ending.signal]));
    running.add(delivery);
    return delivery.finally(() => running.delete(delivery));
  };
  return {
    queue: {
      kind: queue.kind,
      async send(jobId, delayMs) {
        await runWith(jobId, run);
        await queue.send(jobId, delayMs);
      },
    },
    start(next) {
      consume = next;
      ending = new AbortController();
    },
    async stop() {
      consume = undefined;
      ending.abort();
      await Promise.allSettled(running);
    },
  };
}

describe('the queue of Durable Objects', () => {
  it.each(queueContract)('$name', ({ run }) => run(harness()), CASE_MS);
});

describe('a delivery', () => {
  it('is made with the id it was sent with, though it is alone in a new object', async () => {
    const delivered: string[] = [];
    await queue.send('job_id', HOUR_MS);
    await runWith('job_id', async (jobId) => {
      delivered.push(jobId);
      return { kind: 'done' };
    });
    expect(await deliver('job_id')).toBe(true);
    expect(delivered).toEqual(['job_id']);
  });

  it('is not made before its delay is over', async () => {
    const before = Date.now();
    await queue.send('job_delayed', HOUR_MS);
    expect(await alarmOf('job_delayed')).toBeGreaterThanOrEqual(before + HOUR_MS);
  });

  it('that is done with leaves nothing behind', async () => {
    await queue.send('job_done', HOUR_MS);
    expect(await storedFor('job_done')).not.toEqual([]);
    await runWith('job_done', async () => ({ kind: 'done' }));
    await deliver('job_done');
    expect(await storedFor('job_done')).toEqual([]);
    expect(await alarmOf('job_done')).toBeNull();
    expect(await deliver('job_done')).toBe(false);
  });

  it('is told when its time is over, in words that tell it from the end of a process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let reason: unknown;
    await queue.send('job_long', HOUR_MS);
    await runWith('job_long', async (_jobId, stop) => {
      vi.advanceTimersByTime(10_000);
      reason = stop?.reason;
      return { kind: 'done' };
    });
    await deliver('job_long');
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(reason).toBeInstanceOf(DOMException);
  });

  it('is made again when the run says so', async () => {
    let runs = 0;
    await queue.send('job_again', HOUR_MS);
    await runWith('job_again', async () => {
      runs += 1;
      return runs === 1 ? { kind: 'again', afterMs: 2 * HOUR_MS } : { kind: 'done' };
    });
    const before = Date.now();
    await deliver('job_again');
    expect(await alarmOf('job_again')).toBeGreaterThanOrEqual(before + 2 * HOUR_MS);
    expect(await deliver('job_again')).toBe(true);
    expect(runs).toBe(2);
    expect(await deliver('job_again')).toBe(false);
  });

  it('is made again by itself, at once where the run wants no pause', async () => {
    let runs = 0;
    await queue.send('job_slices', HOUR_MS);
    await runWith('job_slices', async () => {
      runs += 1;
      return runs < 3 ? { kind: 'again', afterMs: 0 } : { kind: 'done' };
    });
    await deliver('job_slices');
    await expect.poll(() => storedFor('job_slices')).toEqual([]);
    expect(runs).toBe(3);
  });

  it('is made again for as long as the run rejects, more often than the platform would', async () => {
    let runs = 0;
    await queue.send('job_store_down', HOUR_MS);
    await runWith('job_store_down', async () => {
      runs += 1;
      if (runs <= 8) throw new Error('The store is down.');
      return { kind: 'done' };
    });
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      await deliver('job_store_down');
      expect(await alarmOf('job_store_down')).toBeGreaterThan(Date.now());
    }
    await deliver('job_store_down');
    expect(runs).toBe(9);
    expect(await alarmOf('job_store_down')).toBeNull();
  });

  it('that is sent anew while it runs is made once more, whatever came of the run', async () => {
    for (const delivery of [{ kind: 'done' }, { kind: 'again', afterMs: 3 * HOUR_MS }] as const) {
      const jobId = `job_anew_${delivery.kind}`;
      await queue.send(jobId, HOUR_MS);
      await runWith(jobId, async () => {
        await queue.send(jobId, 2 * HOUR_MS);
        return delivery;
      });
      const before = Date.now();
      await deliver(jobId);
      const alarm = await alarmOf(jobId);
      expect(alarm).toBeGreaterThanOrEqual(before + 2 * HOUR_MS);
      expect(alarm).toBeLessThan(before + 3 * HOUR_MS);
    }
  });
});
