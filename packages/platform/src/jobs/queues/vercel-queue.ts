import { BadRequestError, ForbiddenError, QueueClient, UnauthorizedError } from '@vercel/queue';
import * as z from 'zod';
import { remoteCall } from '../../state/remote-call.ts';
import { type JobQueue, jobSender, type RunDelivery } from '../job-queue.ts';

/** A message is kept for a day, its delay included: half of that is left for deliveries that fail. */
const MAX_DELAY_SECONDS = 12 * 60 * 60;
/** The shortest that the client takes; it renews it three times in that, so that only an instance that died leaves one locked. */
const LOCK_SECONDS = 30;
/** What failed is delivered again after a second, then two, four, …, and a minute at most. */
const MAX_RETRY_SECONDS = 60;

const payload = z.object({ jobId: z.string().min(1).max(128) });

/** Which topic, and who asks. */
export interface VercelQueueOptions {
  /** As the function's trigger in `vercel.json` names it. */
  readonly topic: string;
  /** Where this instance runs, e.g. `iad1`: a message stays in the region it was sent in. */
  readonly region: string;
  /** Only this deployment's own function gets what is sent. */
  readonly deploymentId: string;
  /** Where Vercel Queues are, if not at Vercel: an emulator. */
  readonly url?: URL;
  /** Left out, it is the OIDC token that Vercel gives a function with each request. */
  readonly token?: string;
}

/** How a function takes what is pushed to it. */
export interface ConsumerOptions {
  /** How long a job may run in one delivery, in milliseconds; what is left of it then goes on in another. */
  readonly runMs: number;
  /** Gets why a delivery failed. It is made again, unless it can never succeed. */
  readonly onError: (error: unknown) => void;
}

/** A topic of Vercel Queues. */
export interface VercelQueue extends JobQueue {
  /** What the function answers with that Vercel pushes the messages to. */
  consumer(run: RunDelivery, options: ConsumerOptions): (request: Request) => Promise<Response>;
}

/**
 * Jobs by Vercel Queues in push mode, `{"jobId": …}` each. A job that is to go on later is sent anew, not given back: after
 * 32 deliveries of one message Vercel alone decides how long it waits.
 *
 * @example
 * const queue = vercelQueue({ topic: 'jobs', region: 'iad1', deploymentId: 'dpl_…' });
 * export default { fetch: queue.consumer(server.runJob, { runMs: 295_000, onError: server.onQueueError }) };
 */
export function vercelQueue({ topic, region, deploymentId, url, token }: VercelQueueOptions): VercelQueue {
  const client = new QueueClient({
    region,
    deploymentId,
    ...(url !== undefined && { resolveBaseUrl: () => url }),
    ...(token !== undefined && { token }),
  });
  const sender = jobSender('vercel-queues', (jobId, delayMs) => {
    const delaySeconds = Math.min(Math.ceil(delayMs / 1000), MAX_DELAY_SECONDS);
    // An attempt whose answer is lost sends it twice, which a queue may do anyway.
    return remoteCall(isTransient, () => client.send(topic, { jobId }, { delaySeconds }));
  });

  return {
    ...sender,
    consumer: (run, { runMs, onError }) =>
      client.handleCallback(
        async (message, { messageId }) => {
          const { success, data } = payload.safeParse(message);
          if (!success) return onError(new Error(`The message ${messageId} is not {"jobId": …}, and is dropped.`));
          const delivery = await run(data.jobId, AbortSignal.timeout(runMs));
          if (delivery.kind === 'again') await sender.send(data.jobId, delivery.afterMs);
        },
        {
          visibilityTimeoutSeconds: LOCK_SECONDS,
          retry(error, { deliveryCount }) {
            onError(error);
            return { afterSeconds: Math.min(2 ** (deliveryCount - 1), MAX_RETRY_SECONDS) };
          },
        },
      ),
  };
}

/** Whatever is no refusal is a failure on the way, or one of Vercel's own. */
function isTransient(error: unknown): boolean {
  return ![BadRequestError, ForbiddenError, UnauthorizedError].some((refusal) => error instanceof refusal);
}
