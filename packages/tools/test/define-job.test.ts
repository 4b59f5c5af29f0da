import type { JobRecord, Json } from '@mcp-everywhere/platform/jobs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineJob } from '../src/index.ts';
import { cancelJob } from '../src/tools/cancel-job.ts';
import { getJobResult } from '../src/tools/get-job-result.ts';
import { complete, fail, testContext } from './test-context.ts';

const JOB_ID = `job_${'0'.repeat(32)}`;

const startDouble = defineJob({
  name: 'start_double',
  title: 'Double',
  description: 'Doubles a number that comes as text.',
  input: z.object({ number: z.string().transform(Number), times: z.int().default(2) }),
  output: z.object({ product: z.number() }),
  checkpoint: z.null(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  resultUri: (jobId) => `double://${jobId}`,
  run: async ({ number, times }) => ({ product: number * times }),
});

const record = (change: Partial<JobRecord> = {}): JobRecord => ({
  id: JOB_ID,
  kind: 'start_double',
  owner: 'reader',
  status: 'queued',
  input: {},
  createdAt: 0,
  updatedAt: 0,
  expiresAt: 0,
  failures: 0,
  cancelRequested: false,
  ...change,
});

/** Jobs of which there is one, and the inputs they were started with. */
function withJob(job: JobRecord | undefined) {
  const started: Json[] = [];
  const found = async () => job;
  const start = async (_: string, input: Json) => {
    started.push(input);
    return record();
  };
  return { started, ctx: testContext({ jobs: { start, get: found, find: found, cancel: found } }) };
}

describe('a job', () => {
  it('is started with what the client sent, and runs on what its schema makes of that', async () => {
    const { ctx, started } = withJob(undefined);
    const { data } = await complete(startDouble, { number: '21' }, ctx);
    expect(data).toMatchObject({ jobId: JOB_ID, status: 'queued', pollAfterSeconds: 1 });
    expect(started).toEqual([{ number: '21' }]);
    const run = { ...ctx, checkpoint: undefined, input: { answerTo: () => undefined }, save: async () => {} };
    expect(await startDouble.job?.run(started[0] ?? null, run)).toEqual({ product: 42 });
  });
});

describe.each([getJobResult([startDouble]), cancelJob([startDouble])])('$name', (tool) => {
  it('shows a small result, and links to a large one', async () => {
    const small = withJob(record({ status: 'completed', result: { product: 42 } })).ctx;
    expect((await complete(tool, { jobId: JOB_ID }, small)).data).toMatchObject({ result: { product: 42 } });
    const large = withJob(record({ status: 'completed', result: { product: 'x'.repeat(20_000) } })).ctx;
    const { data, content, text } = await complete(tool, { jobId: JOB_ID }, large);
    expect(data).toMatchObject({ status: 'completed', resultUri: `double://${JOB_ID}` });
    expect(data.result).toBeUndefined();
    expect(text.length).toBeLessThan(1_000);
    expect(content).toContainEqual(expect.objectContaining({ type: 'resource_link', uri: `double://${JOB_ID}` }));
  });

  it('says what to do where there is no such job', async () => {
    expect(await fail(tool, { jobId: JOB_ID }, withJob(undefined).ctx)).toContain('unknown or has expired');
  });
});
