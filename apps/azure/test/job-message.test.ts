import { InvocationContext } from '@azure/functions';
import { expect, it, onTestFinished, vi } from 'vitest';
import { jobHandler } from '../src/job-message.ts';

const context = new InvocationContext({ triggerMetadata: { id: 'message-1' } });

it('is given to its function by the id of the job', async () => {
  const handled: string[] = [];
  const handler = jobHandler(async (jobId) => void handled.push(jobId));
  await handler({ jobId: 'job_1' }, context);
  expect(handled).toEqual(['job_1']);
});

it('goes back to the host where its function fails', async () => {
  const handler = jobHandler(async () => {
    throw new Error('The store is down.');
  });
  await expect(async () => handler({ jobId: 'job_1' }, context)).rejects.toThrow('The store is down.');
});

it.each(['job_1', {}, { jobId: '' }, { jobId: 'j'.repeat(129) }, null])(
  'is none, and said to be none: %o',
  async (entry) => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => written.mockRestore());
    await jobHandler(() => expect.unreachable())(entry, context);
    expect(written.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      { level: 'WARN', logger: 'jobs', message: 'The message is not {"jobId": …}', messageId: 'message-1' },
    ]);
  },
);
