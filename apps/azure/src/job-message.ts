import type { StorageQueueHandler } from '@azure/functions';
import * as z from 'zod';

/** The library has parsed it. */
const message = z.object({ jobId: z.string().min(1).max(128) });

/**
 * A function of a queue of jobs. What is no message of a job is logged and done with: it would be none at the next attempt
 * either. What is thrown has the host hand the message over again.
 */
export function jobHandler(handle: (jobId: string) => Promise<void>): StorageQueueHandler {
  return async (entry, { triggerMetadata }) => {
    const read = message.safeParse(entry);
    if (read.success) return handle(read.data.jobId);
    const line = {
      level: 'WARN',
      logger: 'jobs',
      message: 'The message is not {"jobId": …}',
      messageId: triggerMetadata?.id,
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}
