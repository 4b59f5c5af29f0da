import * as z from 'zod';

/** What an event source mapping of SQS hands over (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html), as far as it is read. */
const batch = z.object({
  Records: z.array(z.object({ messageId: z.string(), eventSource: z.literal('aws:sqs'), body: z.string() })).min(1),
});
const job = z.object({ kind: z.string().min(1).max(64), jobId: z.string().min(1).max(128) });

/** With `ReportBatchItemFailures`, the messages that are to be delivered again; SQS deletes all others. */
export interface BatchResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Takes a batch of jobs, `{"kind": …, "jobId": …}` each. There are no kinds yet, so every message goes back: it is delivered
 * again until the queue hands it to its dead-letter queue, and none is lost.
 *
 * @throws {TypeError} where the event is no batch of SQS
 */
export function takeBatch(event: unknown): BatchResult {
  const parsed = batch.safeParse(event);
  if (!parsed.success) throw new TypeError('This handler takes batches from SQS, and the event is none.');
  return {
    batchItemFailures: parsed.data.Records.map(({ messageId, body }) => {
      warn(reasonAgainst(body), messageId);
      return { itemIdentifier: messageId };
    }),
  };
}

function reasonAgainst(body: string): string {
  const read = job.safeParse(parseJson(body));
  return read.success
    ? `Job ${read.data.jobId} is not started: there is no job of the kind "${read.data.kind}"`
    : 'No job is started: the message is not {"kind": …, "jobId": …}';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function warn(message: string, messageId: string): void {
  process.stderr.write(`${JSON.stringify({ level: 'WARN', logger: 'jobs', message, messageId })}\n`);
}
