import type { RunDelivery } from '@mcp-everywhere/platform/jobs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { takeBatch } from '../src/queue.ts';

const record = (messageId: string, body: string) => ({ messageId, eventSource: 'aws:sqs', body });
const batchOf = (...jobIds: string[]) => ({
  Records: jobIds.map((jobId) => record(`message of ${jobId}`, JSON.stringify({ jobId }))),
});
const done: RunDelivery = async () => ({ kind: 'done' });

/** Takes a batch with 30 s left, and notes what is sent and logged. */
async function taken(event: unknown, run: RunDelivery, send = async (_jobId: string, _delayMs?: number) => {}) {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  const sent: unknown[] = [];
  const queue = {
    kind: 'noted',
    async send(jobId: string, delayMs?: number) {
      await send(jobId, delayMs);
      sent.push({ jobId, delayMs });
    },
  };
  const { batchItemFailures } = await takeBatch(event, { run, queue, remainingMs: 30_000 });
  const back = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { back, sent, log: written.mock.calls.map(([line]) => JSON.parse(String(line)).message) };
}

describe('a batch of jobs', () => {
  it('is run, and none goes back', async () => {
    const ran: string[] = [];
    const run: RunDelivery = async (jobId) => {
      ran.push(jobId);
      return { kind: 'done' };
    };
    expect(await taken(batchOf('job_1', 'job_2'), run)).toEqual({ back: [], sent: [], log: [] });
    expect(ran).toEqual(['job_1', 'job_2']);
  });

  it('has a job that is to go on sent anew, with its delay, and its message does not go back', async () => {
    const run: RunDelivery = async (jobId) =>
      jobId === 'job_1' ? { kind: 'again', afterMs: 4_000 } : { kind: 'done' };
    const { back, sent } = await taken(batchOf('job_1', 'job_2'), run);
    expect({ back, sent }).toEqual({ back: [], sent: [{ jobId: 'job_1', delayMs: 4_000 }] });
  });

  it('gives back what could not be looked up, and what could not be sent anew, and says why', async () => {
    const down: RunDelivery = async (jobId) => {
      if (jobId === 'job_1') throw new Error('The store is down.');
      return { kind: 'again', afterMs: 0 };
    };
    const failing = async () => {
      throw new Error('The queue is down.');
    };
    expect(await taken(batchOf('job_1', 'job_2'), down, failing)).toEqual({
      back: ['message of job_1', 'message of job_2'],
      sent: [],
      log: ['The job is delivered again: The store is down.', 'The job is delivered again: The queue is down.'],
    });
  });

  it('gives back what is no message of a job, and says so', async () => {
    const event = { Records: [record('m1', '{'), record('m2', '{}'), record('m3', '{"jobId":"job_1"}')] };
    const { back, log } = await taken(event, done);
    expect(back).toEqual(['m1', 'm2']);
    expect(log).toEqual(['The message is not {"jobId": …}', 'The message is not {"jobId": …}']);
  });

  it('is told to stop before the function is ended', async () => {
    let reason: unknown;
    const run: RunDelivery = async (_jobId, stop) => {
      await new Promise((resolve) => stop?.addEventListener('abort', resolve));
      reason = stop?.reason;
      return { kind: 'again', afterMs: 0 };
    };
    const queue = { kind: 'noted', send: async () => {} };
    expect(await takeBatch(batchOf('job_1'), { run, queue, remainingMs: 100 })).toEqual({ batchItemFailures: [] });
    expect(reason).toMatchObject({ name: 'TimeoutError' });
  });

  it.each([null, {}, { Records: [] }, { Records: [{ messageId: 'm1', eventSource: 'aws:sns', body: '' }] }])(
    'is of SQS, or refused: %o',
    async (event) => {
      await expect(taken(event, done)).rejects.toThrow(/takes batches from SQS/);
    },
  );
});
