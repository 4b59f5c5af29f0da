import type { JobRecord, Json } from '@mcp-everywhere/platform/jobs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineJob, elicitForm, failure, inputRequired, type Question } from '../src/index.ts';
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
    const run = { ...ctx, checkpoint: undefined, save: async () => {} };
    expect(await startDouble.job?.run(started[0] ?? null, run)).toEqual({ product: 42 });
  });
});

describe('a job that asks', () => {
  const whose = elicitForm('whose', z.object({ name: z.string() }));
  const sure = elicitForm('sure', z.object({ sure: z.boolean() }));
  const startNaming = defineJob({
    name: 'start_naming',
    title: 'Name',
    description: 'Asks for a name before it begins, and whether that is right once it has.',
    asks: [whose, sure],
    input: z.object({ name: z.string().optional() }),
    output: z.object({ named: z.string() }),
    checkpoint: z.null(),
    annotations: { readOnlyHint: true, openWorldHint: false },
    prepare({ name }, { input }) {
      if (name === 'Nobody') return failure('Nobody has no name.');
      const answer = input.answerTo(whose);
      if (answer === undefined) return inputRequired([whose.ask('Whose?')]);
      return answer.action === 'accept' ? answer.content : failure('Then there is nothing to do.');
    },
    async run({ name = '' }, { input }) {
      return input.answerTo(sure) === undefined ? inputRequired([sure.ask(`${name}?`)]) : { named: name };
    },
  });
  const answered = (response: unknown) => ({
    answerTo: <Answer>({ read }: Question<Answer>) => read(response),
    state: () => undefined,
    canAnswer: () => true,
  });

  it('begins with what was answered before, and not without', async () => {
    const { ctx, started } = withJob(undefined);
    expect(await startNaming.call({}, ctx)).toMatchObject({
      kind: 'input-required',
      required: { requests: { whose: { method: 'elicitation/create' } } },
    });
    expect(await fail(startNaming, { name: 'Nobody' }, ctx)).toBe('Nobody has no name.');
    expect(await fail(startNaming, {}, { ...ctx, input: answered({ action: 'decline' }) })).toContain('nothing to do');
    expect(started).toEqual([]);
    await complete(startNaming, {}, { ...ctx, input: answered({ action: 'accept', content: { name: 'Ada' } }) });
    expect(started).toEqual([{ name: 'Ada' }]);
  });

  it('asks while it runs, and goes on with the answer', async () => {
    const { ctx } = withJob(undefined);
    const run = { ...ctx, checkpoint: undefined, save: async () => {} };
    expect(await startNaming.job?.run({ name: 'Ada' }, run)).toMatchObject({
      requests: { sure: { params: { message: 'Ada?' } } },
    });
    const input = answered({ action: 'accept', content: { sure: true } });
    expect(await startNaming.job?.run({ name: 'Ada' }, { ...run, input })).toEqual({ named: 'Ada' });
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
