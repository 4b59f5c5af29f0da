import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { JOB_STATUSES, newJobId, outstandingRequests, TRANSITIONS } from '../src/jobs/job.ts';
import type { JobCode } from '../src/jobs/job-run.ts';
import { giveUpJob } from '../src/jobs/job-runner.ts';
import { changeJob, IllegalTransition, readJob, UnreadableJob } from '../src/jobs/job-store.ts';
import { createJobs } from '../src/jobs/jobs.ts';
import { memoryStore } from '../src/state/memory.ts';
import { code, counting, later, noted, unasked, workshop } from './workshop.ts';

describe('a job', () => {
  it('is recorded before it is queued, and run to its result', async () => {
    const { jobs, queue, run, submit } = workshop({ count: code(counting) });
    const { id, status } = await submit('count');
    expect(status).toBe('queued');
    expect(queue.sent).toEqual([id]);
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'completed',
      result: { counted: 5 },
      progress: { done: 5, total: 5 },
    });
  });

  it('belongs to who submitted it: to all others it does not exist', async () => {
    const { jobs, submit } = workshop();
    const { id } = await submit('count');
    expect(await jobs.get(id, 'mallory')).toBeUndefined();
    expect(await jobs.cancel(id, 'mallory')).toBeUndefined();
    expect(await jobs.answer(id, 'mallory', { sure: true })).toBeUndefined();
    expect(await jobs.get('job_unknown', 'alice')).toBeUndefined();
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', cancelRequested: false });
  });

  it('is not there where it could not be queued', async () => {
    const { store } = workshop();
    let sent = '';
    const jobs = createJobs(store, {
      kind: 'broken',
      send: async (jobId) => {
        sent = jobId;
        throw new Error('The queue is down.');
      },
    });
    await expect(jobs.submit({ kind: 'count', owner: 'alice', input: null })).rejects.toThrow('The queue is down.');
    expect(await readJob(store, sent)).toMatchObject({ status: 'failed', broken: true });
  });

  it.each([
    ['done with', 'completed'],
    ['run', 'running'],
  ] as const)('that is %s before the queue’s answer is lost is there all the same', async (_what, status) => {
    const gate = Promise.withResolvers<void>();
    const { store, runnerOf } = workshop();
    const run = runnerOf({
      code: new Map<string, JobCode>([
        [
          'gated',
          async () => {
            if (status === 'running') await gate.promise;
            return { kind: 'completed', result: 'right' };
          },
        ],
      ]),
    });
    let running: Promise<unknown> | undefined;
    const jobs = createJobs(store, {
      kind: 'forgetful',
      send: async (jobId) => {
        running = run(jobId);
        await expect.poll(async () => (await readJob(store, jobId))?.status).toBe(status);
        throw new Error('The answer was lost.');
      },
    });
    const job = await jobs.submit({ kind: 'gated', owner: 'alice', input: null });
    expect(job.status).toBe(status);
    gate.resolve();
    await running;
    expect(await jobs.get(job.id, 'alice')).toMatchObject({ status: 'completed', result: 'right' });
  });

  it.each(['x'.repeat(400), 'job_\ud800', '', `job_${'0'.repeat(31)}`, `job_${'0'.repeat(33)}`])(
    'is not there under an id that none can have (%j), and the store is not asked',
    async (id) => {
      const jobs = createJobs({ ...memoryStore(), get: unasked, read: unasked }, noted());
      expect(await jobs.get(id, 'alice')).toBeUndefined();
      expect(await jobs.cancel(id, 'alice')).toBeUndefined();
      expect(await jobs.answer(id, 'alice', { sure: true })).toBeUndefined();
    },
  );

  it('whose code is gone fails, and says so', async () => {
    const { jobs, run, submit } = workshop();
    const { id } = await submit('forgotten');
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      broken: true,
      error: 'There is no code for jobs of the kind "forgotten" in this deployment.',
    });
  });

  it('that fails for good is not tried again', async () => {
    const { jobs, run, submit } = workshop({ refuse: async () => ({ kind: 'failed', error: 'No such year.' }) });
    const { id } = await submit('refuse');
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'failed', error: 'No such year.' });
  });

  it('is larger than the store takes: it fails, and says so', async () => {
    const large: JobCode = async () => ({ kind: 'completed', result: 'x'.repeat(2 * 1024 * 1024) });
    const { jobs, run, submit } = workshop({ large });
    const { id } = await submit('large');
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('does not fit into the store'),
    });
  });
});

describe('a job whose time to live is over', () => {
  it('is kept for as long as its order says, and a day where it does not', async () => {
    const { store, jobs, submit } = workshop();
    const { id } = await jobs.submit({ kind: 'count', owner: 'alice', input: null, ttlSeconds: 60 });
    const long = await submit('count');
    later(59_000);
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued' });
    later(2_000);
    expect(await jobs.get(id, 'alice')).toBeUndefined();
    // The store has forgotten it too: it holds nothing for whoever reads it without this code.
    expect(await store.get(`jobs/${id}`)).toBeUndefined();
    expect(long.expiresAt - long.createdAt).toBe(24 * 60 * 60 * 1000);
  });

  it('is not there any more for anybody, though the store still holds it', async () => {
    const { store, jobs, run, submit } = workshop({ count: () => expect.unreachable() });
    const { id } = await submit('count');
    const held = JSON.parse((await store.get(`jobs/${id}`)) ?? '');
    await store.set(`jobs/${id}`, JSON.stringify({ ...held, expiresAt: Date.now() }), 60);
    expect(await jobs.get(id, 'alice')).toBeUndefined();
    expect(await jobs.cancel(id, 'alice')).toBeUndefined();
    expect(await run(id)).toEqual({ kind: 'done' });
  });

  it('is not run on, however often it saves', async () => {
    let signal: AbortSignal | undefined;
    const { jobs, ended, failures, run, submit } = workshop({
      endless: code(async (given) => {
        signal = given.signal;
        await given.save(1, { done: 1 });
        later(given.job.expiresAt - Date.now() - 100);
        await given.save(2, { done: 2 });
        // The store may hold a little longer what was written in the last moment.
        later(200);
        await given.save(3, { done: 3 });
        return { kind: 'completed', result: null };
      }),
    });
    const { id } = await submit('endless');
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(signal?.aborted).toBe(true);
    expect(await jobs.get(id, 'alice')).toBeUndefined();
    expect([ended, failures]).toEqual([[], []]);
  });
});

describe('a record that cannot be read', () => {
  const MINUTE_MS = 60_000;
  const newer = { kind: 'count', owner: 'alice', status: 'dreaming', createdAt: 1_000, updatedAt: Date.now() };

  it('is left to the release that wrote it, until nobody has touched it for ten minutes; then it has failed', async () => {
    const { jobs, store, ended, failures, run } = workshop({ count: () => expect.unreachable() });
    const id = newJobId();
    await store.set(`jobs/${id}`, JSON.stringify({ ...newer, id, expiresAt: Date.now() + 60 * MINUTE_MS }), 3_600);
    later(9 * MINUTE_MS);
    await expect(run(id)).rejects.toBeInstanceOf(UnreadableJob);
    expect([ended, failures]).toEqual([[], []]);
    later(2 * MINUTE_MS);
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({
      kind: 'count',
      status: 'failed',
      broken: true,
      createdAt: 1_000,
      error: expect.stringContaining('could not be read'),
    });
    expect(ended).toEqual(['failed']);
    expect(failures).toEqual([expect.objectContaining({ message: expect.stringContaining(id) })]);
  });

  it.each(['', 'secret', '[]', '{"owner":7}'])(
    'and is damaged (%j) has failed at once, and is nobody’s',
    async (value) => {
      const { store, ended, failures, run } = workshop();
      const id = newJobId();
      await store.set(`jobs/${id}`, value, 60);
      expect(await run(id)).toEqual({ kind: 'done' });
      expect(await readJob(store, id)).toMatchObject({ id, kind: 'unknown', owner: '', status: 'failed' });
      expect(ended).toEqual(['failed']);
      expect(inspect(failures, { depth: 9 })).not.toContain('secret');
    },
  );

  it('has failed where the queue gives it up', async () => {
    const { store } = workshop();
    const ended: string[] = [];
    const id = newJobId();
    await store.set(`jobs/${id}`, JSON.stringify({ ...newer, id }), 60);
    await giveUpJob({ store, onEnd: ({ status }) => ended.push(status) }, id);
    expect(await readJob(store, id)).toMatchObject({ owner: 'alice', status: 'failed' });
    expect(ended).toEqual(['failed']);
  });

  it('is not failed over the head of whoever writes just then', async () => {
    const { store, runnerOf } = workshop();
    const id = newJobId();
    await store.set(`jobs/${id}`, 'damaged', 60);
    const run = runnerOf({
      store: {
        ...store,
        async read(key) {
          const held = await store.read(key);
          await store.set(key, 'mended', 60);
          return held;
        },
      },
    });
    await expect(run(id)).rejects.toBeInstanceOf(UnreadableJob);
    expect(await store.get(`jobs/${id}`)).toBe('mended');
  });
});

describe('cancelling', () => {
  it('ends a job that waits at once', async () => {
    const { jobs, run, submit } = workshop({ count: code(counting) });
    const { id } = await submit('count');
    expect(await jobs.cancel(id, 'alice')).toMatchObject({ status: 'cancelled' });
    expect(await run(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'cancelled' });
  });

  it('reaches a job that runs when it next saves, and its signal fires', async () => {
    let signal: AbortSignal | undefined;
    const { jobs, store, run, submit } = workshop({
      endless: code(async (given) => {
        signal = given.signal;
        for (let done = 1; ; done += 1) {
          await given.save(done, { done });
          // A real store takes its time; this one leaves nobody else a turn.
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }),
    });
    const { id } = await submit('endless');
    const running = run(id);
    await expect.poll(async () => (await readJob(store, id))?.progress?.done ?? 0).toBeGreaterThan(2);
    await jobs.cancel(id, 'alice');
    expect(await running).toEqual({ kind: 'done' });
    expect(signal?.aborted).toBe(true);
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'cancelled' });
  });

  it('reaches a job that does not save, by the heartbeat of its lease', async () => {
    const { jobs, store, run, submit } = workshop(
      {
        listens: ({ signal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
      { leaseMs: 90 },
    );
    const { id } = await submit('listens');
    const running = run(id);
    await expect.poll(async () => (await readJob(store, id))?.status).toBe('running');
    await jobs.cancel(id, 'alice');
    expect(await running).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'cancelled' });
  });

  it('ends a job at once whose runner is dead', async () => {
    const { jobs, store, submit } = workshop();
    const { id } = await submit('count');
    await changeJob(store, id, () => ({ status: 'running', lease: { runner: 'dead', until: Date.now() - 1 } }));
    expect(await jobs.cancel(id, 'alice')).toMatchObject({ status: 'cancelled', cancelRequested: true });
  });

  it('a job that has ended changes nothing', async () => {
    const { jobs, run, submit } = workshop({ count: code(counting) });
    const { id } = await submit('count');
    await run(id);
    expect(await jobs.cancel(id, 'alice')).toMatchObject({ status: 'completed', result: { counted: 5 } });
  });
});

it('a job that asks goes on when everything it asked has been answered', async () => {
  const { jobs, queue, run, submit } = workshop({
    asks: async ({ job }) =>
      job.responses === undefined
        ? { kind: 'input_required', requests: { name: 'Whose?', sure: 'Sure?' } }
        : { kind: 'completed', result: job.responses },
  });
  const { id } = await submit('asks');
  await run(id);
  expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'input_required', requests: { name: 'Whose?' } });
  expect(await jobs.answer(id, 'alice', { name: 'Ada', unknown: 1 })).toMatchObject({ status: 'input_required' });
  expect(await jobs.answer(id, 'alice', { sure: true })).toMatchObject({ status: 'queued' });
  expect(queue.sent).toEqual([id, id]);
  await run(id);
  expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: { name: 'Ada', sure: true } });
});

it('a job that asks nothing takes no answer', async () => {
  const { jobs, queue, run, submit } = workshop({ count: code(counting) });
  const { id } = await submit('count');
  expect(await jobs.answer(id, 'alice', { sure: true })).toEqual(await jobs.get(id, 'alice'));
  await run(id);
  const ended = await jobs.get(id, 'alice');
  expect(await jobs.answer(id, 'alice', { sure: true })).toEqual(ended);
  expect(ended).toMatchObject({ status: 'completed' });
  expect(ended?.responses).toBeUndefined();
  expect(queue.sent).toEqual([id]);
});

it('a job that asks again wants a new answer to that, and keeps the others', async () => {
  const { jobs, run, submit } = workshop({
    asks: async ({ job: { responses = {} } }) =>
      responses.sure === true
        ? { kind: 'completed', result: responses }
        : {
            kind: 'input_required',
            requests: { sure: 'Sure?', ...(responses.name === undefined && { name: 'Whose?' }) },
          },
  });
  const { id } = await submit('asks');
  await run(id);
  const asked = await jobs.answer(id, 'alice', { name: 'Ada' });
  expect(asked && outstandingRequests(asked)).toEqual({ sure: 'Sure?' });
  await jobs.answer(id, 'alice', { sure: 'perhaps' });
  await run(id);
  const again = await jobs.get(id, 'alice');
  expect(again && outstandingRequests(again)).toEqual({ sure: 'Sure?' });
  await jobs.answer(id, 'alice', { sure: true });
  await run(id);
  expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: { name: 'Ada', sure: true } });
});

describe('the table of transitions', () => {
  it.each(
    JOB_STATUSES.flatMap((from) => JOB_STATUSES.map((to) => ({ from, to, legal: TRANSITIONS[from].includes(to) }))),
  )('holds for $from to $to', async ({ from, to, legal }) => {
    const { store, submit } = workshop();
    const { id } = await submit('count');
    const held = JSON.parse((await store.get(`jobs/${id}`)) ?? '');
    await store.set(`jobs/${id}`, JSON.stringify({ ...held, status: from }), 60);
    const changed = changeJob(store, id, () => ({ status: to }));
    if (legal) expect(await changed).toMatchObject({ status: to });
    else await expect(changed).rejects.toBeInstanceOf(IllegalTransition);
  });
});
