import { expect, it, vi } from 'vitest';
import { takeBatch } from '../src/queue.ts';

const record = (messageId: string, body: string) => ({ messageId, eventSource: 'aws:sqs', body });

it('gives every message of a batch back, and says why', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const batch = { Records: [record('m1', '{"kind":"report","jobId":"job_1"}'), record('m2', '{'), record('m3', '{}')] };
  expect(takeBatch(batch)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }, { itemIdentifier: 'm3' }],
  });
  const messages = written.mock.calls.map(([line]) => JSON.parse(String(line)).message);
  written.mockRestore();
  expect(messages).toEqual([
    'Job job_1 is not started: there is no job of the kind "report"',
    'No job is started: the message is not {"kind": …, "jobId": …}',
    'No job is started: the message is not {"kind": …, "jobId": …}',
  ]);
});

it.each([null, {}, { Records: [] }, { Records: [{ messageId: 'm1', eventSource: 'aws:sns', body: '' }] }])(
  'takes nothing but batches of SQS: %o',
  (event) => {
    expect(() => takeBatch(event)).toThrow(/takes batches from SQS/);
  },
);
