import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readTimeSpan, TIME_SPAN_RULE } from '@mcp-everywhere/platform/limits';
import * as z from 'zod';

/** https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout, for every plan but Consumption. */
const DEFAULT_TIMEOUT = '00:30:00';

const timeout = z
  .string()
  .refine((text) => readTimeSpan(text) !== undefined, TIME_SPAN_RULE)
  .default(DEFAULT_TIMEOUT)
  .transform(readTimeSpan);

/** Of the queues: whole seconds, and none at all is a time too. */
const pause = z
  .string()
  .transform((text) => (text === '00:00:00' ? 0 : readTimeSpan(text)))
  .pipe(z.number('give hh:mm:ss'));

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings */
const queues = z.object({
  batchSize: z.int().min(1).max(32).default(16),
  newBatchThreshold: z.int().min(0).optional(),
  maxPollingInterval: pause.prefault('00:01:00'),
  visibilityTimeout: pause.prefault('00:00:00'),
  maxDequeueCount: z.int().min(1).default(5),
  messageEncoding: z.enum(['base64', 'none']).default('base64'),
});

const hostJson = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeout,
  extensions: z
    .object({ http: z.object({ routePrefix: z.string().default('api') }).prefault({}), queues: queues.prefault({}) })
    .prefault({}),
});

/** How a queue trigger takes messages. */
export interface QueueSettings {
  /** How many at a time. */
  readonly batchSize: number;
  /** Takes no more while more than these are running. */
  readonly newBatchThreshold: number;
  readonly maxPollingIntervalMs: number;
  /** How long a message is hidden after a failure. */
  readonly visibilityTimeoutSeconds: number;
  /** How often a message is taken before it goes to the queue of the poisoned ones. */
  readonly maxDequeueCount: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** What host.json says, as far as the local host heeds it. */
export interface HostSettings {
  readonly routePrefix: string;
  /** `undefined`: none. */
  readonly functionTimeoutMs: number | undefined;
  readonly queues: QueueSettings;
}

/**
 * Reads an app's host.json, and what of it the environment overrides
 * (https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values).
 *
 * @throws {Error} where it is not there, or not valid
 */
export async function readHostSettings(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<HostSettings> {
  const given: unknown = JSON.parse(await readFile(join(directory, 'host.json'), 'utf8'));
  const { AzureFunctionsJobHost__functionTimeout: override } = environment;
  const { functionTimeout, extensions } = hostJson.parse(
    override === undefined || typeof given !== 'object' ? given : { ...given, functionTimeout: override },
  );
  return {
    routePrefix: extensions.http.routePrefix,
    functionTimeoutMs: functionTimeout === Number.POSITIVE_INFINITY ? undefined : functionTimeout,
    queues: queueSettings(extensions.queues),
  };
}

function queueSettings(given: z.output<typeof queues>): QueueSettings {
  const { batchSize, maxPollingInterval, visibilityTimeout, maxDequeueCount, messageEncoding } = given;
  return {
    batchSize,
    newBatchThreshold: given.newBatchThreshold ?? Math.floor(batchSize / 2) * availableParallelism(),
    maxPollingIntervalMs: maxPollingInterval,
    visibilityTimeoutSeconds: visibilityTimeout / 1000,
    maxDequeueCount,
    messageEncoding,
  };
}
