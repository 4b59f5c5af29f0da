import type { AzureStorageAccess } from '../../state/azure-storage.ts';
import { remoteCall } from '../../state/remote-call.ts';
import { type Delivery, type JobQueue, jobSender, QueueUnavailable, type RunDelivery } from '../job-queue.ts';
import { isTransient, queueMessages, type SentMessage } from './storage-queue-messages.ts';

const KIND = 'storage-queue';

/**
 * When another message takes over from a delivery that is not heard of any more: a little after the lease of a job's runner
 * has run out, so that it can begin at once.
 */
const TAKEN_OVER_AFTER_MS = 20_000;

/** Which queue, and how to get there. */
export type StorageQueueOptions = { readonly queueName: string } & AzureStorageAccess;

/** A queue in Azure Storage, and what a function does with what its queue trigger hands over. */
export interface StorageQueue extends JobQueue {
  /**
   * Runs a job, and has it delivered again where there is more to do. The trigger then deletes its own message.
   *
   * @param stop fires when the time of the function is nearly over
   * @throws {Error} where the job could not be looked up or the queue not be reached: the trigger makes the delivery again,
   *   and counts
   */
  deliver(jobId: string, run: RunDelivery, stop: AbortSignal): Promise<void>;
}

/**
 * Sends jobs to a queue in Azure Storage, `{"jobId": …}` each in base64, as the queue trigger of Azure Functions reads it
 * where it is not told otherwise. The queue is created when the first message finds none. A message waits for at most seven
 * days: a job that is to wait longer comes too early, and its runner sends it anew.
 *
 * Unencrypted connections are refused, but for an emulator on this machine.
 *
 * @throws {Error} where the connection string is malformed
 * @example
 * const jobs = storageQueue({ queueName: 'mcpjobs', connectionString: env.AzureWebJobsStorage });
 * app.storageQueue('jobs', {
 *   queueName: 'mcpjobs',
 *   connection: 'AzureWebJobsStorage',
 *   handler: ({ jobId }) => jobs.deliver(jobId, server.runJob, AbortSignal.timeout(540_000)),
 * });
 */
export function storageQueue({ queueName, ...access }: StorageQueueOptions): StorageQueue {
  const { put } = queueMessages(queueName, access);
  const send = (jobId: string, delayMs: number) => remoteCall(isTransient, (signal) => put({ jobId }, delayMs, signal));

  return {
    ...jobSender(KIND, send),
    async deliver(jobId, run, stop) {
      const next = await send(jobId, TAKEN_OVER_AFTER_MS).catch((cause: unknown) => {
        throw new QueueUnavailable(KIND, cause);
      });
      await handOn(next, () => run(jobId, stop));
    },
  };
}

/**
 * The trigger hides its message for ten minutes, and nothing can have it do so for less: a job whose machine is gone would
 * lie for as long. So each delivery has another message behind it, which is postponed while the job runs.
 */
async function handOn(next: SentMessage, run: () => Promise<Delivery>): Promise<void> {
  let renewed: Promise<void> | undefined;
  const renewal = setInterval(() => {
    // Where this fails, the job is delivered once more, and whoever gets it finds that somebody is at it.
    renewed = next.postpone(TAKEN_OVER_AFTER_MS).catch(() => {});
  }, TAKEN_OVER_AFTER_MS / 3);
  try {
    const delivery = await run();
    clearInterval(renewal);
    await renewed;
    if (delivery.kind === 'again') await next.postpone(delivery.afterMs);
    else await next.withdraw();
  } catch (error) {
    clearInterval(renewal);
    await renewed;
    // The trigger delivers its own message again; two of them would do no harm.
    await next.withdraw().catch(() => {});
    throw error;
  }
}
