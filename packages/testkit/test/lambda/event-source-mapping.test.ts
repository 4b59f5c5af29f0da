import { fileURLToPath } from 'node:url';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentWith } from '../../src/apps/workspace.ts';
import { startFauxqs } from '../../src/engines/fauxqs.ts';
import { eventSourceMapping } from '../../src/lambda/event-source-mapping.ts';
import { localFunction } from '../../src/lambda/local-function.ts';

/** Messages become visible again after a second. */
const WITHIN = { timeout: 15_000 };

/** A queue whose messages go to a function that does what they say. */
async function mapped(maxReceiveCount = 5) {
  const queue = await startFauxqs({ visibilityTimeoutSeconds: 1, maxReceiveCount });
  const directory = fileURLToPath(new URL('.', import.meta.url));
  const settings = { directory, handler: 'index.queued', timeoutSeconds: 1, environment: environmentWith({}) };
  const deployed = localFunction(settings, 1);
  const failures: string[] = [];
  const mapping = eventSourceMapping(queue, deployed.invoke, 1, ({ message }) => failures.push(message));
  const { url: endpoint, region, credentials } = queue;
  const client = new SQSClient({ endpoint, region, credentials });
  onTestFinished(async () => {
    mapping.stop();
    client.destroy();
    await deployed.kill();
    await queue.stop();
  });
  return {
    queue,
    failures,
    send: (body: string) => client.send(new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: body })),
    async held(QueueUrl: string) {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
    },
  };
}

describe('an event source mapping on this machine', () => {
  it('deletes a message that was served', async () => {
    const { queue, send, held, failures } = await mapped();
    await send('serve');
    await expect.poll(() => held(queue.queueUrl), WITHIN).toBe(0);
    expect(failures).toEqual([]);
  });

  it.each([
    ['the function gives back', 'back', /is delivered again$/],
    ['the function throws at', 'throw', /^wrong$/],
    ['outlasts the function', 'hang', /^Task timed out after 1\.00 seconds$/],
    ['gets another answer than batchItemFailures', 'other', /did not answer with batchItemFailures/],
  ])('delivers again a message that %s, and gives it up to the dead-letter queue', async (_what, body, reason) => {
    const { queue, send, held, failures } = await mapped(2);
    await send(body);
    await expect.poll(() => held(queue.deadLetterQueueUrl), WITHIN).toBe(1);
    expect(await held(queue.queueUrl)).toBe(0);
    expect(failures).toEqual([expect.stringMatching(reason), expect.stringMatching(reason)]);
  });

  it('goes on when a queue that was down is back', async () => {
    const { queue, send, held } = await mapped();
    await queue.stop();
    await queue.start();
    await send('serve');
    await expect.poll(() => held(queue.queueUrl), WITHIN).toBe(0);
  });
});
