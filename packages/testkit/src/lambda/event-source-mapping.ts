import { setTimeout as delay } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Fauxqs } from '../engines/fauxqs.ts';
import type { LocalFunction } from './local-function.ts';
import type { Reply } from './reply.ts';

/** The longest that SQS lets a receiver wait. */
const WAIT_SECONDS = 20;
/** Before a queue that does not answer is asked again. */
const RETRY_MS = 200;

const partialBatch = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

type Failure = Extract<Reply, { readonly kind: 'failed' }>;

/** What hands a queue's messages to a function. */
export interface EventSourceMapping {
  /** Takes no further message. What the function is at is its own affair. */
  stop(): void;
}

/**
 * Hands each message of a queue to a function, as an event source mapping of SQS with a batch size of 1 and
 * `ReportBatchItemFailures` does: a message that was served is deleted; one that was not is left, and SQS shows it again when
 * its visibility timeout is over (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 *
 * @param atOnce how many messages may be with the function at the same time
 * @param onFailure learns what AWS would write to the function's log
 */
export function eventSourceMapping(
  queue: Fauxqs,
  invoke: LocalFunction['invoke'],
  atOnce: number,
  onFailure: (failure: Failure) => void,
): EventSourceMapping {
  const { queueUrl: QueueUrl, url: endpoint, region, credentials } = queue;
  const client = new SQSClient({ endpoint, region, credentials, maxAttempts: 1 });
  const stopped = new AbortController();

  const next = async (): Promise<Message | undefined> => {
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages } = await client.send(receive, { abortSignal: stopped.signal });
    return Messages?.[0];
  };

  const serve = async (message: Message): Promise<void> => {
    const reply = await invoke({ Records: [recordOf(message, region)] });
    const reason = failureIn(reply, message.MessageId);
    if (reason !== undefined) return onFailure(reason);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  };

  const poll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const message = await next();
        if (message !== undefined) await serve(message);
      } catch {
        // The queue is down, or this is the end.
        await delay(RETRY_MS);
      }
    }
  };
  const polling = Array.from({ length: atOnce }, poll);
  void Promise.all(polling).then(() => client.destroy());
  return { stop: () => stopped.abort() };
}

/** Why a message stays in the queue; `undefined` where it does not. */
function failureIn(reply: Reply, messageId: string | undefined): Failure | undefined {
  if (reply.kind === 'failed') return reply;
  // AWS takes an answer of another form for a success; here it is a mistake to hear of.
  const parsed = partialBatch.safeParse(reply.kind === 'returned' ? reply.payload : undefined);
  if (!parsed.success) return failure('The function did not answer with batchItemFailures');
  const back = parsed.data.batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === messageId);
  return back ? failure(`Message ${messageId} is delivered again`) : undefined;
}

function failure(message: string): Failure {
  return { kind: 'failed', errorType: 'EventSourceMapping', message };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Message, region: string): object {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes ?? {},
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:jobs`,
    awsRegion: region,
  };
}
