import type { JobRecord } from '@mcp-everywhere/platform/jobs';
import { describe, expect, it } from 'vitest';
import { reportResource } from '../src/resources/report.ts';
import { testContext } from './test-context.ts';

/** A caller who has this job and no other. */
function ownerOf(job: Partial<JobRecord>) {
  const record: JobRecord = {
    id: 'job_1',
    kind: 'start_report',
    owner: 'alice',
    status: 'running',
    input: {},
    createdAt: 0,
    updatedAt: 0,
    expiresAt: 0,
    failures: 0,
    cancelRequested: false,
    ...job,
  };
  const find = async (jobId: string) => (jobId === record.id ? record : undefined);
  return testContext({ jobs: { start: async () => record, get: find, find, cancel: find } });
}

const read = async (ctx: ReturnType<typeof ownerOf>, jobId = 'job_1') => {
  const body = await reportResource.read(jobId, ctx);
  return body && 'text' in body ? JSON.parse(body.text) : undefined;
};

describe('the resource of a report', () => {
  it('says how far it is while it runs', async () => {
    const progress = { done: 4, total: 12 };
    expect(await read(ownerOf({ progress }))).toMatchObject({ jobId: 'job_1', status: 'running', progress });
  });

  it('is the report once it is completed', async () => {
    expect(await read(ownerOf({ status: 'completed', result: { books: 12 } }))).toEqual({ books: 12 });
  });

  it('says why it failed', async () => {
    expect(await read(ownerOf({ status: 'failed', error: 'Too few books.' }))).toMatchObject({
      status: 'failed',
      error: 'Too few books.',
    });
  });

  it('changes for its owner, and for nobody else', async () => {
    expect(await reportResource.changes?.('job_1', ownerOf({}))).toBe(true);
    expect(await reportResource.changes?.('job_2', ownerOf({}))).toBe(false);
  });

  it('is none where the job makes something else', async () => {
    const ctx = ownerOf({ kind: 'start_survey' });
    expect(await read(ctx)).toBeUndefined();
    expect(await reportResource.changes?.('job_1', ctx)).toBe(false);
  });
});
