import { expect, onTestFinished, vi } from 'vitest';
import type { Json } from '../src/jobs/job.ts';
import type { JobQueue } from '../src/jobs/job-queue.ts';
import type { JobCode } from '../src/jobs/job-run.ts';
import { createJobRunner, type JobRunnerOptions } from '../src/jobs/job-runner.ts';
import { createJobs } from '../src/jobs/jobs.ts';
import { memoryStore } from '../src/state/memory.ts';

/** A queue that only notes what it was sent: the tests deliver. */
export function noted(): JobQueue & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    kind: 'noted',
    sent,
    send: async (jobId) => {
      sent.push(jobId);
    },
  };
}

/** Jobs over a store in memory, and who runs them: nothing is delivered by itself. */
export function workshop(code: Record<string, JobCode> = {}, options: Partial<JobRunnerOptions> = {}) {
  const store = memoryStore();
  const queue = noted();
  const failures: unknown[] = [];
  const ended: string[] = [];
  const jobs = createJobs(store, queue);
  const runnerOf = (more: Partial<JobRunnerOptions> = {}) =>
    createJobRunner({
      store,
      code: new Map(Object.entries(code)),
      onFailure: (_job, error) => failures.push(error),
      onEnd: ({ status }) => ended.push(status),
      ...options,
      ...more,
    });
  const submit = (kind: string, input: Json = null) => jobs.submit({ kind, owner: 'alice', input });
  return { store, queue, jobs, failures, ended, run: runnerOf(), runnerOf, submit };
}

export const counting: JobCode = async ({ job, save }) => {
  let next = typeof job.checkpoint === 'number' ? job.checkpoint : 0;
  for (; next < 5; next += 1) await save(next + 1, { done: next + 1, total: 5 });
  return { kind: 'completed', result: { counted: next } };
};

/** A platform's time for a delivery that is over, and a process that ends. */
export const timeOver = () => AbortSignal.abort(new DOMException('Over.', 'TimeoutError'));
export const processEnds = () => AbortSignal.abort();

/** Code that saves nothing, and heeds its signal. */
export const listens: JobCode = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

export const unasked = async () => expect.unreachable('The store was asked.');

/** Sets the clock forward until the test is finished, and nothing else: timers go on. */
export function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

/** The code's `save` is a method: taken off its run it has none. */
export const code =
  (run: JobCode): JobCode =>
  (given) =>
    run({ job: given.job, signal: given.signal, save: given.save.bind(given) });
