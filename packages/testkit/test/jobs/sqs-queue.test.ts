import { inspect } from 'node:util';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import { sqsQueue } from '@mcp-everywhere/platform/jobs/sqs-queue';
import { expect, it, onTestFinished } from 'vitest';
import { startFauxqs } from '../../src/engines/fauxqs.ts';
import { losingProxy, silentServer } from '../state/stand-ins.ts';

async function started() {
  const engine = await startFauxqs({ visibilityTimeoutSeconds: 30, maxReceiveCount: 5 });
  const { url: endpoint, queueUrl, region, credentials } = engine;
  const client = new SQSClient({ endpoint, region, credentials });
  onTestFinished(async () => {
    client.destroy();
    await engine.stop();
  });
  const received = async () => {
    const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    const { Messages = [] } = await client.send(receive);
    return Messages.map(({ Body = '' }) => JSON.parse(Body));
  };
  /** A queue of the adapter's, which looks for the engine at `url`. */
  const queueAt = (url: string) => {
    const moved = new URL(new URL(queueUrl).pathname, url).href;
    return sqsQueue({ queueUrl: moved, region, credentials });
  };
  return { engine, received, queue: queueAt(endpoint), queueAt, secret: credentials.secretAccessKey };
}

it('sends the id of a job, and nothing else', async () => {
  const { queue, received } = await started();
  expect(queue.kind).toBe('sqs');
  await queue.send('job_1');
  expect(await received()).toEqual([{ jobId: 'job_1' }]);
});

it('holds a job back for the delay, or for as long as SQS can', async () => {
  const { queue, received } = await started();
  await queue.send('job_far', 3_600_000);
  await queue.send('job_near', 300);
  const all: unknown[] = [];
  await expect.poll(async () => all.push(...(await received())), { timeout: 10_000 }).toBeGreaterThan(0);
  expect(all).toEqual([{ jobId: 'job_near' }]);
});

it('is unavailable while SQS is down or silent, keeps credentials to itself, and recovers', async () => {
  const { engine, queue, queueAt, received, secret } = await started();
  await engine.stop();
  for (const broken of [queue, queueAt(await silentServer())]) {
    const error: unknown = await broken.send('job_1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(QueueUnavailable);
    expect(error).toMatchObject({ message: expect.stringContaining('"sqs"') });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
  }
  await engine.start();
  await queue.send('job_2');
  expect(await received()).toEqual([{ jobId: 'job_2' }]);
});

it('sends twice, rather than not at all, where the answer is lost on the way', async () => {
  const { engine, queueAt, received } = await started();
  const proxy = await losingProxy(engine.url);
  proxy.loseNextAnswer();
  await queueAt(proxy.url).send('job_1');
  expect(await received()).toEqual([{ jobId: 'job_1' }, { jobId: 'job_1' }]);
});

it('says in the cause that there is no such queue', async () => {
  const { engine } = await started();
  const { url, region, credentials } = engine;
  const missing = sqsQueue({ queueUrl: `${url}/000000000000/missing`, region, credentials });
  await expect(missing.send('job_1')).rejects.toMatchObject({
    cause: { message: expect.stringContaining('QueueDoesNotExist') },
  });
});
