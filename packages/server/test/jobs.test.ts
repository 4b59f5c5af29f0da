import type { Platform } from '@mcp-everywhere/platform';
import { createJobs, type JobQueue } from '@mcp-everywhere/platform/jobs';
import { defineJob, type Surface } from '@mcp-everywhere/tools';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';

const countUp = defineJob({
  name: 'count_up',
  title: 'Count up',
  description: 'Counts, one number a chunk.',
  input: z.object({ upTo: z.int() }),
  output: z.object({ counted: z.int() }),
  checkpoint: z.int(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run({ upTo }, ctx) {
    for (let next = ctx.checkpoint ?? 0; next < upTo; next += 1) await ctx.save(next + 1, { done: next + 1 });
    return { counted: upTo };
  },
});

const surface: Surface = { ...fixtureSurface, tools: [countUp] };
/** The test delivers. */
const queue: JobQueue = { kind: 'by hand', send: async () => {} };

function workshop(platform: Partial<Platform> = {}) {
  const whole = { ...memoryPlatform({ LOG_LEVEL: 'info' }), ...platform, jobs: queue };
  const jobs = createJobs(whole.state, queue);
  const { runJob } = createServer(surface, whole, { loopback: true });
  return { jobs, runJob, submit: () => jobs.submit({ kind: 'count_up', owner: 'alice', input: { upTo: 2 } }) };
}

describe('a delivered job', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('is run to its end, which the log tells once', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const { jobs, runJob, submit } = workshop();
    const { id } = await submit();
    expect(await runJob(id)).toEqual({ kind: 'done' });
    expect(await runJob(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: { counted: 2 } });
    expect(log.mock.calls.flat().map((line) => JSON.parse(line))).toMatchObject([
      { level: 'INFO', jobId: id, kind: 'count_up', status: 'completed', queue: 'by hand' },
    ]);
  });

  test('is left to the next delivery when the time that the platform gives it is over', async () => {
    const { jobs, runJob, submit } = workshop();
    const { id } = await submit();
    expect(await runJob(id, AbortSignal.abort())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'queued', progress: { done: 1 } });
    expect(await runJob(id, AbortSignal.abort())).toEqual({ kind: 'again', afterMs: 0 });
    expect(await runJob(id)).toEqual({ kind: 'done' });
    expect(await jobs.get(id, 'alice')).toMatchObject({ status: 'completed', result: { counted: 2 } });
  });
});
