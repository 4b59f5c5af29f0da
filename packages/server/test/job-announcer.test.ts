import type { ServerEvent } from '@mcp-everywhere/platform/events';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import type { JobRecord } from '@mcp-everywhere/platform/jobs';
import { defineJob } from '@mcp-everywhere/tools';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { jobAnnouncer } from '../src/jobs/job-announcer.ts';

const about = {
  title: 'Count',
  description: 'Counts.',
  input: z.object({}),
  output: z.object({}),
  checkpoint: z.int(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  run: async () => ({}),
} as const;
const tools = [
  defineJob({ ...about, name: 'seen', resultUri: (jobId) => `seen://${jobId}` }),
  defineJob({ ...about, name: 'unseen' }),
];

const job = (id: string, kind = 'seen'): JobRecord => ({
  id,
  kind,
  owner: 'alice',
  status: 'running',
  input: {},
  createdAt: 0,
  updatedAt: 0,
  expiresAt: 0,
  failures: 0,
  cancelRequested: false,
});

describe('a job that is announced', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function announced() {
    const bus = inProcessBus();
    const told: (ServerEvent & { readonly at: number })[] = [];
    const began = Date.now();
    bus.subscribe((event) => told.push({ ...event, at: Date.now() - began }));
    return { announcer: jobAnnouncer({ tools }, bus), told, times: () => told.map(({ at }) => at) };
  }

  test('is told with its resource and its owner', async () => {
    const { announcer, told } = announced();
    announcer.progressed(job('job_1'));
    expect(told).toEqual([{ kind: 'resource_updated', uri: 'seen://job_1', owner: 'alice', at: 0 }]);
    await announcer.settled('job_1');
  });

  test('is told twice a second at most, however often it comes further, and its last progress always', async () => {
    const { announcer, times } = announced();
    for (let at = 0; at < 1_200; at += 100) {
      announcer.progressed(job('job_1'));
      vi.advanceTimersByTime(100);
    }
    expect(times()).toEqual([0, 500, 1_000]);
    vi.advanceTimersByTime(10_000);
    expect(times()).toEqual([0, 500, 1_000, 1_500]);
  });

  test('is told of at once when it ends, and not once more of what came before', async () => {
    const { announcer, times } = announced();
    announcer.progressed(job('job_1'));
    vi.advanceTimersByTime(100);
    announcer.progressed(job('job_1'));
    announcer.ended(job('job_1'));
    await announcer.settled('job_1');
    vi.advanceTimersByTime(10_000);
    expect(times()).toEqual([0, 100]);
  });

  test('is told of at once when its run leaves off', async () => {
    const { announcer, times } = announced();
    announcer.progressed(job('job_1'));
    vi.advanceTimersByTime(100);
    announcer.progressed(job('job_1'));
    await announcer.settled('job_1');
    expect(times()).toEqual([0, 100]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not hold another up', () => {
    const { announcer, told } = announced();
    announcer.progressed(job('job_1'));
    announcer.progressed(job('job_2'));
    expect(told).toHaveLength(2);
  });

  test('is not told of where it has no resource', () => {
    const { announcer, told } = announced();
    announcer.progressed(job('job_1', 'unseen'));
    expect(told).toEqual([]);
  });

  test('waits no more than half a second for a bus that does not answer', async () => {
    const bus = { ...inProcessBus(), publish: () => new Promise<void>(() => {}) };
    const announcer = jobAnnouncer({ tools }, bus);
    announcer.ended(job('job_1'));
    const settled = announcer.settled('job_1').then(() => 'settled');
    await vi.advanceTimersByTimeAsync(500);
    expect(await settled).toBe('settled');
  });
});
