import { SendMessageCommand, SQSClient, type SQSClientConfig, SQSServiceException } from '@aws-sdk/client-sqs';
import { isTransientStatus, remoteCall } from '../../state/remote-call.ts';
import { type JobQueue, jobSender } from '../job-queue.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MAX_DELAY_SECONDS = 900;

/** Answered with status 400, and yet worth another attempt. */
const THROTTLED = new Set(['RequestThrottled', 'ThrottlingException', 'OverLimit']);

/** Which queue. What is left out comes from the environment, as AWS's SDK reads it. */
export interface SqsQueueOptions extends Pick<SQSClientConfig, 'region' | 'credentials'> {
  /** It also says where SQS is. */
  readonly queueUrl: string;
}

/**
 * Sends jobs to a standard queue in SQS, `{"jobId": …}` each; an event source mapping hands them to a Lambda function. A
 * message waits for at most 15 minutes: a job that is to wait longer comes too early, and its runner sends it anew.
 *
 * @example
 * const queue = sqsQueue({ queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs' });
 */
export function sqsQueue({ queueUrl, ...config }: SqsQueueOptions): JobQueue {
  // Else the client goes by the queue's URL as well, but complains of it on the console.
  const client = new SQSClient({ ...config, endpoint: new URL(queueUrl).origin, maxAttempts: 1 });
  return jobSender('sqs', (jobId, delayMs) => {
    const message = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify({ jobId }),
      DelaySeconds: Math.min(Math.ceil(delayMs / 1000), MAX_DELAY_SECONDS),
    });
    // An attempt whose answer is lost sends it twice, which a queue may do anyway.
    return remoteCall(isTransient, (abortSignal) => client.send(message, { abortSignal }));
  });
}

/** Whatever is no answer of SQS's is a failure on the way to it. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof SQSServiceException)) return true;
  return THROTTLED.has(error.name) || isTransientStatus(error.$metadata.httpStatusCode ?? 0);
}
