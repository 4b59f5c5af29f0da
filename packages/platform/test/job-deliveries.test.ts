import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasEnded, type JobRecord } from '../src/jobs/job.ts';
import type { JobCode } from '../src/jobs/job-run.ts';
import { giveUpJob } from '../src/jobs/job-runner.ts';
import { changeJob, readJob } from '../src/jobs/job-store.ts';
import { createJobs } from '../src/jobs/jobs.ts';
import { memoryStore } from '../src/state/memory.ts';
import type { AtomicStore } from '../src/state/store.ts';
import { code, counting, later, listens, processEnds, timeOver, workshop } from './workshop.ts';

describe('a job delivered twice', () => {
  it('is run once, and the second delivery waits until the first runner must be dead', async () => {
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    const { run, submit } = workshop({
      slow: async () => {
        runs += 1;
        await gate.promise;
        return { kind: 'completed', result: null };
      },
    });
    const { id } = await submit('slow');
    const first = run(id);
    const second = await run(id);
    expect(second).toMatchObject({ kind: 'again' });
    gate.resolve();
    expect(await first).toEqual({ kind: 'done' });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(runs).toBe(1);
  });

  it('by two runners at the same moment is claimed by one of them', async () => {
    let runs = 0;
    const { run, runnerOf, submit } = workshop({
      quick: async () => {
        runs += 1;
        return { kind: 'completed', result: null };
      },
    });
    const { id } = await submit('quick');
    await Promise.all([run(id), runnerOf()(id), runnerOf()(id)]);
    expect(runs).toBe(1);
  });
});

describe('what a delivery carries', () => {
  /** Code that counts, on a store that counts what is read of it, and the first delivery as the queue was given it. */
  async function carrying(kind: JobCode) {
    let reads = 0;
    let runs = 0;
    const inner = memoryStore();
    const store: AtomicStore = {
      ...inner,
      read: (key) => {
        reads += 1;
        return inner.read(key);
      },
    };
    const carried: unknown[] = [];
    const jobs = createJobs(store, {
      kind: 'noted',
      send: async (_jobId, _delayMs, recorded) => {
        // As a queue hands it on.
        carried.push(recorded === undefined ? undefined : JSON.parse(JSON.stringify(recorded)));
      },
    });
    const { runnerOf } = workshop();
    const counted: JobCode = (given) => {
      runs += 1;
      return kind(given);
    };
    const run = () => runnerOf({ store, code: new Map([['count', counted]]) });
    const job = await jobs.submit({ kind: 'count', owner: 'alice', input: { deep: [1, 'two'] } });
    return { store, jobs, job, carried, run, reads: () => reads, runs: () => runs };
  }

  it('spares a run every read, from its claim to its end', async () => {
    const { jobs, job, carried, run, reads } = await carrying(code(counting));
    expect(await run()(job.id, undefined, carried[0])).toEqual({ kind: 'done' });
    expect(reads()).toBe(0);
    expect(await jobs.get(job.id, 'alice')).toMatchObject({
      status: 'completed',
      input: { deep: [1, 'two'] },
      result: { counted: 5 },
    });
  });

  it('is worth nothing once somebody has written: the record is the truth', async () => {
    const { jobs, job, carried, run, runs } = await carrying(code(counting));
    await jobs.cancel(job.id, 'alice');
    expect(await run()(job.id, undefined, carried[0])).toEqual({ kind: 'done' });
    expect(runs()).toBe(0);
    expect(await jobs.get(job.id, 'alice')).toMatchObject({ status: 'cancelled' });
  });

  it('and brings twice lets one runner claim the job', async () => {
    const { job, carried, run, runs } = await carrying(code(counting));
    await Promise.all([run(), run(), run()].map((runner) => runner(job.id, undefined, carried[0])));
    expect(await run()(job.id, undefined, carried[0])).toEqual({ kind: 'done' });
    expect(runs()).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    ['what this deployment does not understand', { job: { status: 'dreaming' }, version: 1 }],
    ['another job', 'another'],
  ])('is left aside where it is %s', async (_what, carried) => {
    const { jobs, job, run, ...first } = await carrying(code(counting));
    const other = await jobs.submit({ kind: 'count', owner: 'mallory', input: null });
    await run()(job.id, undefined, carried === 'another' ? first.carried[1] : carried);
    expect(await jobs.get(job.id, 'alice')).toMatchObject({ status: 'completed' });
    expect(await jobs.get(other.id, 'mallory')).toMatchObject({ status: 'queued' });
  });
});

it('a run reads its record only where somebody else has written, and goes on', async () => {
  const { jobs, store, run, submit } = workshop({
    touched: code(async ({ job, save }) => {
      await save(1, { done: 1 });
      await changeJob(store, job.id, () => ({}));
      await save(2, { done: 2 });
      return { kind: 'completed', result: null };
    }),
  });
  const { id } = await submit('touched');
  expect(await run(id)).toEqual({ kind: 'done' });
  expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', progress: { done: 2 } });
});

describe('a runner that dies', () => {
  /** Has the job claimed by a runner that is then killed: nobody renews its lease, which has run out. */
  async function claimedByTheDead(store: AtomicStore, id: string): Promise<JobRecord | undefined> {
    const { runnerOf } = workshop();
    void runnerOf({ store, code: new Map([['deadly', () => new Promise<never>(() => {})]]), leaseMs: 60_000 })(id);
    await expect.poll(async () => ((await readJob(store, id))?.lease?.until ?? 0) > Date.now()).toBe(true);
    const claimed = await readJob(store, id);
    await changeJob(store, id, () => ({ lease: { runner: 'dead', until: Date.now() - 1 } }));
    return claimed;
  }

  it('is replaced when its lease has run out; the next one goes on at the checkpoint', async () => {
    const chunks: number[] = [];
    const dies = Promise.withResolvers<never>();
    const { jobs, store, runnerOf, submit } = workshop();
    const work = (lasts: boolean) =>
      code(async ({ job, save }) => {
        let next = typeof job.checkpoint === 'number' ? job.checkpoint : 0;
        for (; next < 4; next += 1) {
          chunks.push(next);
          if (!lasts && next === 2) await dies.promise;
          await save(next + 1, { done: next + 1 });
        }
        return { kind: 'completed', result: chunks.length };
      });
    const { id } = await submit('work');
    void runnerOf({ code: new Map([['work', work(false)]]) })(id);
    await expect.poll(async () => (await readJob(store, id))?.checkpoint).toBe(2);
    // What a process that was killed leaves behind: a lease that nobody renews.
    await changeJob(store, id, () => ({ lease: { runner: 'dead', until: Date.now() - 1 } }));
    await runnerOf({ code: new Map([['work', work(true)]]) })(id);
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed' });
    expect(chunks).toEqual([0, 1, 2, 2, 3]);
  });

  it('at it three times in a row is taken for killed by the job', async () => {
    const { jobs, ended, store, run, submit } = workshop({ deadly: () => expect.unreachable() });
    const { id } = await submit('deadly');
    for (let deaths = 1; deaths < 3; deaths += 1) {
      const claimed = await claimedByTheDead(store, id);
      expect(claimed).toMatchObject({ status: 'running', failures: deaths - 1 });
    }
    await claimedByTheDead(store, id);
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      broken: true,
      failures: 3,
      error: expect.stringContaining('3 times in a row'),
    });
    expect(ended).toEqual(['failed']);
  });

  it('and comes back cannot record its own end over that of the other, nor tells of it', async () => {
    const late = Promise.withResolvers<void>();
    const { jobs, ended, store, runnerOf, submit } = workshop();
    const { id } = await submit('work');
    const first = runnerOf({
      code: new Map<string, JobCode>([
        [
          'work',
          async () => {
            await late.promise;
            return { kind: 'completed', result: 'late' };
          },
        ],
      ]),
    })(id);
    await expect.poll(async () => (await readJob(store, id))?.status).toBe('running');
    await changeJob(store, id, () => ({ lease: { runner: 'dead', until: Date.now() - 1 } }));
    await runnerOf({
      code: new Map<string, JobCode>([['work', async () => ({ kind: 'completed', result: 'right' })]]),
    })(id);
    late.resolve();
    expect(await first).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: 'right' });
    expect(ended).toEqual(['completed']);
  });
});

describe('a job that throws', () => {
  it('is tried again after a while, and given up after three times without progress', async () => {
    const { jobs, store, failures, run, submit } = workshop({
      explode: async () => {
        throw new Error('secret cause');
      },
    });
    const { id } = await submit('explode');
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const delivery = await run(id);
      if (delivery.kind === 'again') waits.push(Math.round(delivery.afterMs / 1000));
      await changeJob(store, id, (job) => (hasEnded(job.status) ? undefined : { notBefore: 0 }));
    }
    expect(waits).toEqual([1, 2]);
    expect(failures.length).toBe(3);
    const job = await jobs.get(id, 'alice');
    expect(job).toMatchObject({ status: 'failed', failures: 3, error: expect.stringContaining('3 times in a row') });
    expect(JSON.stringify(job)).not.toContain('secret cause');
    expect(await run(id)).toEqual({ kind: 'done' });
  });

  it('is not begun before its wait is over, whoever delivers it', async () => {
    let runs = 0;
    const { jobs, run, submit } = workshop({
      explode: async () => {
        runs += 1;
        throw new Error('secret cause');
      },
    });
    const { id } = await submit('explode');
    await run(id);
    const early = await run(id);
    expect(early.kind === 'again' && early.afterMs).toBeGreaterThan(500);
    expect([runs, (await jobs.get(id, 'alice'))?.failures]).toEqual([1, 1]);
    later(1_001);
    await run(id);
    expect(runs).toBe(2);
  });

  it('after it came further is not given up for what went wrong before', async () => {
    const { jobs, store, run, submit } = workshop({
      limps: code(async ({ job, save }) => {
        const at = typeof job.checkpoint === 'number' ? job.checkpoint : 0;
        if (at === 6) return { kind: 'completed', result: at };
        await save(at + 1, { done: at + 1 });
        throw new Error('limps');
      }),
    });
    const { id } = await submit('limps');
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await run(id);
      await changeJob(store, id, (job) => (hasEnded(job.status) ? undefined : { notBefore: 0 }));
    }
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: 6 });
  });
});

describe('a job that the queue gives up', () => {
  it('has failed, says so, and its end is told once', async () => {
    const { store, jobs, submit } = workshop();
    const ended: string[] = [];
    const ends = { store, onEnd: ({ status }: JobRecord) => ended.push(status) };
    const { id } = await submit('count');
    await giveUpJob(ends, id);
    await giveUpJob(ends, id);
    await giveUpJob(ends, 'job_unknown');
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      broken: true,
      error: expect.stringContaining('however often the queue delivered it'),
    });
    expect(ended).toEqual(['failed']);
  });

  it.each([
    { status: 'running', lease: { runner: 'other', until: Date.now() + 60_000 } },
    { status: 'input_required' },
    { status: 'completed' },
    { status: 'cancelled' },
  ] as const)('stays as it is where it is $status', async (change) => {
    const { store, submit } = workshop();
    const { id } = await submit('count');
    if (change.status !== 'cancelled') await changeJob(store, id, () => ({ status: 'running' }));
    const before = await changeJob(store, id, () => change);
    await giveUpJob({ store, onEnd: () => expect.unreachable() }, id);
    expect(await readJob(store, id)).toEqual(before);
  });

  it('has failed where whoever was at it is dead', async () => {
    const { store, submit } = workshop();
    const { id } = await submit('count');
    const lease = { runner: 'dead', until: Date.now() - 1 };
    await changeJob(store, id, () => ({ status: 'running', lease }));
    await giveUpJob({ store, onEnd: () => {} }, id);
    expect(await readJob(store, id)).toMatchObject({ status: 'failed' });
  });
});

describe.each([
  ['a run that is out of its platform’s time', timeOver],
  ['a run whose process ends', processEnds],
])('%s', (_what, over) => {
  it('leaves the rest to the next one', async () => {
    const { jobs, failures, run, submit } = workshop({ count: code(counting) });
    const { id } = await submit('count');
    for (let runs = 0; runs < 5; runs += 1) expect(await run(id, over())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', failures: 0, progress: { done: 5 } });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: { counted: 5 } });
    expect(failures).toEqual([]);
  });

  it('and was cancelled before it saved is cancelled', async () => {
    const { jobs, store, run, submit } = workshop({ listens }, { leaseMs: 30 });
    const { id } = await submit('listens');
    const running = run(id, over());
    await changeJob(store, id, () => ({ cancelRequested: true }));
    expect(await running).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'cancelled' });
  });
});

describe('a run that saved nothing', () => {
  it('in the time that its platform gives it has failed: after three of them in a row the job is given up', async () => {
    const { jobs, store, failures, ended, run, submit } = workshop({ listens }, { leaseMs: 30 });
    const { id } = await submit('listens');
    const waits: number[] = [];
    for (let runs = 0; runs < 3; runs += 1) {
      const delivery = await run(id, timeOver());
      if (delivery.kind === 'again') waits.push(Math.round(delivery.afterMs / 1000));
      await changeJob(store, id, (job) => (hasEnded(job.status) ? undefined : { notBefore: 0 }));
    }
    expect(waits).toEqual([1, 2]);
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      broken: true,
      error: expect.stringContaining('3 times in a row'),
    });
    expect(ended).toEqual(['failed']);
    expect(failures).toEqual(
      Array(3).fill(expect.objectContaining({ message: expect.stringContaining('time is over') })),
    );
  });

  it('because its process ended is no failure, though not for ever: the job is begun twenty times', async () => {
    const { jobs, failures, ended, run, submit } = workshop({ listens }, { leaseMs: 3 });
    const { id } = await submit('listens');
    for (let runs = 0; runs < 19; runs += 1)
      expect(await run(id, processEnds())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', failures: 0 });
    expect(await run(id, processEnds())).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      broken: true,
      error: expect.stringContaining('20 times in a row'),
    });
    expect([ended, failures]).toEqual([['failed'], []]);
  });

  it('leaves off within a second or so when its process ends, long before its lease is to be renewed', async () => {
    const { jobs, store, run, submit } = workshop({ listens }, { leaseMs: 300_000 });
    const { id } = await submit('listens');
    const process = new AbortController();
    const running = run(id, process.signal);
    await expect.poll(async () => (await readJob(store, id))?.status).toBe('running');
    process.abort();
    expect(await running).toEqual({ kind: 'again', afterMs: 0 });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', failures: 0, stops: 1 });
  });

  it('when its platform’s time is over may still end what it is at, up to its next heartbeat', async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const ends = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const { jobs, run, submit } = workshop({
      slow: async ({ signal }) => {
        signals.push(signal);
        await ends.promise;
        return { kind: 'completed', result: null };
      },
    });
    const { id } = await submit('slow');
    const platform = new AbortController();
    const running = run(id, platform.signal);
    await vi.waitUntil(() => signals.length === 1);
    platform.abort(timeOver().reason);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(signals[0]?.aborted).toBe(false);
    ends.resolve();
    expect(await running).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed' });
  });

  it('starts anew to count when one has come further', async () => {
    const { jobs, store, run, submit } = workshop(
      { halting: code((given) => (given.job.checkpoint === undefined ? counting(given) : listens(given))) },
      { leaseMs: 3 },
    );
    const { id } = await submit('halting');
    await changeJob(store, id, () => ({ stops: 19, failures: 2 }));
    expect(await run(id, processEnds())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await run(id, processEnds())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await run(id, timeOver())).toMatchObject({ kind: 'again' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', stops: 1, failures: 1 });
  });
});

describe('the end of a job is told', () => {
  /** A store that has written before `then` runs, and answers after it. */
  function answering(store: AtomicStore, then: (writes: number) => void | Promise<void>): AtomicStore {
    let writes = 0;
    return {
      ...store,
      async compareAndSet(...write) {
        const version = await store.compareAndSet(...write);
        writes += 1;
        await then(writes);
        return version;
      },
    };
  }

  it('once, however often it is delivered', async () => {
    const { ended, run, runnerOf, submit } = workshop({ count: code(counting) });
    const { id } = await submit('count');
    await Promise.all([run(id), runnerOf()(id)]);
    await run(id);
    expect(ended).toEqual(['completed']);
  });

  it('once, though the store’s answer to it was lost', async () => {
    const { ended, jobs, store, runnerOf, submit } = workshop();
    // The claim, and the end.
    const forgetful = answering(store, (writes) => {
      if (writes === 2) throw new Error('The answer was lost.');
    });
    const { id } = await submit('count');
    const quick: JobCode = async () => ({ kind: 'completed', result: 'right' });
    const run = runnerOf({ store: forgetful, code: new Map([['count', quick]]) });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: 'right' });
    expect(ended).toEqual(['completed']);
  });

  it('once, though the heartbeat finds it before the store has answered', async () => {
    const { ended, store, runnerOf, submit } = workshop();
    const found = Promise.withResolvers<void>();
    let written = 0;
    const slow: AtomicStore = {
      ...answering(store, async (writes) => {
        written = writes;
        if (writes === 2) await found.promise;
      }),
      async read(key) {
        const held = await store.read(key);
        if (written > 2) setTimeout(found.resolve);
        return held;
      },
    };
    const { id } = await submit('count');
    const quick: JobCode = async () => ({ kind: 'completed', result: 'right' });
    const run = runnerOf({ store: slow, leaseMs: 30, code: new Map([['count', quick]]) });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(ended).toEqual(['completed']);
  });

  it('where a run cancels it or gives it up, and not where it only stops', async () => {
    const { ended, jobs, store, run, submit } = workshop({ count: code(counting) });
    const cancelled = await submit('count');
    await run(cancelled.id, AbortSignal.abort());
    expect(ended).toEqual([]);
    await changeJob(store, cancelled.id, () => ({ cancelRequested: true }));
    await run(cancelled.id);
    expect(ended).toEqual(['cancelled']);
    expect(await jobs.get(cancelled.id, 'alice')).toMatchObject({ status: 'cancelled' });
    await run((await submit('forgotten')).id);
    expect(ended).toEqual(['cancelled', 'failed']);
  });
});

describe('a delivery that was lost', () => {
  it('is made again when somebody asks for the job', async () => {
    const { jobs, queue, submit } = workshop();
    const { id } = await submit('count');
    await jobs.get(id, 'alice');
    expect(queue.sent).toEqual([id]);
    later(31_000);
    await jobs.get(id, 'alice');
    await jobs.get(id, 'alice');
    expect(queue.sent).toEqual([id, id]);
  });

  it('and may only wait in a backlog is made again ever more seldom, though never given up', async () => {
    const { jobs, queue, submit } = workshop();
    const { id } = await submit('count');
    const sentAfter: number[] = [];
    for (let second = 1; second <= 3_600; second += 1) {
      later(1_000);
      await jobs.get(id, 'alice');
      if (queue.sent.length > sentAfter.length + 1) sentAfter.push(second);
    }
    const waits = sentAfter.map((at, index) => at - (sentAfter[index - 1] ?? 0));
    expect(waits.map((wait) => Math.round(wait / 10) * 10)).toEqual([30, 60, 120, 240, 480, 600, 600, 600, 600]);
  });

  it('is waited for anew once the job has been run', async () => {
    const { jobs, queue, store, run, submit } = workshop({ count: code(counting) });
    const { id } = await submit('count');
    await changeJob(store, id, () => ({ resent: 5 }));
    await run(id, processEnds());
    later(31_000);
    await jobs.get(id, 'alice');
    expect(queue.sent).toEqual([id, id]);
  });

  it('is made again, too, where whoever ran the job has died, and not before', async () => {
    const { jobs, queue, store, submit } = workshop();
    const { id } = await submit('count');
    await changeJob(store, id, () => ({ status: 'running', lease: { runner: 'other', until: Date.now() + 20_000 } }));
    later(19_000);
    await jobs.get(id, 'alice');
    expect(queue.sent).toEqual([id]);
    later(2_000);
    await jobs.get(id, 'alice');
    await jobs.get(id, 'alice');
    expect(queue.sent).toEqual([id, id]);
  });
});
