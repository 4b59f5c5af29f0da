import type { JobQueue, RunDelivery } from '@mcp-everywhere/platform/jobs';
import * as z from 'zod';

/** What an event source mapping of SQS hands over (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html), as far as it is read. */
const batch = z.object({
  Records: z.array(z.object({ messageId: z.string(), eventSource: z.literal('aws:sqs'), body: z.string() })).min(1),
});
const message = z.object({ jobId: z.string().min(1).max(128) });

/** What a run leaves for its end: saving, sending the rest anew, answering. A quarter of the time, and never more than 5 s. */
const MARGIN = { share: 0.25, atMostMs: 5_000 };

/** With `ReportBatchItemFailures`, the messages that are to be delivered again; SQS deletes all others. */
interface BatchResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Runs the jobs of a batch, all at once. What is not done when the function's time is nearly over is sent anew, to go on in
 * another invocation. A message that cannot be read, or whose job could not be looked up, goes back: it is delivered again
 * when its visibility timeout is over, until the queue hands it to its dead-letter queue.
 *
 * @param remainingMs until the function's time-out
 * @throws {TypeError} where the event is no batch of SQS
 */
export async function takeBatch(
  event: unknown,
  { run, queue, remainingMs }: { readonly run: RunDelivery; readonly queue: JobQueue; readonly remainingMs: number },
): Promise<BatchResult> {
  const parsed = batch.safeParse(event);
  if (!parsed.success) throw new TypeError('This handler takes batches from SQS, and the event is none.');
  const stop = AbortSignal.timeout(Math.floor(remainingMs - Math.min(remainingMs * MARGIN.share, MARGIN.atMostMs)));
  const taken = await Promise.all(
    parsed.data.Records.map(async ({ messageId, body }) => {
      try {
        const { jobId } = message.parse(JSON.parse(body));
        const delivery = await run(jobId, stop);
        // Anew, and not back: a message that goes back stays hidden for its visibility timeout, and counts as a failure.
        if (delivery.kind === 'again') await queue.send(jobId, delivery.afterMs);
        return [];
      } catch (error) {
        warn(error, messageId);
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: taken.flat() };
}

function warn(error: unknown, messageId: string): void {
  const unreadable = error instanceof SyntaxError || error instanceof z.ZodError;
  const reason = error instanceof Error ? error.message : String(error);
  const message = unreadable ? 'The message is not {"jobId": …}' : `The job is delivered again: ${reason}`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
  process.stderr.write(`${JSON.stringify({ level: 'WARN', logger: 'jobs', message, cause, messageId })}\n`);
}
