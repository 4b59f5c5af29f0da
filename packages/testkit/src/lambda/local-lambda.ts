import { mkdir } from 'node:fs/promises';
import { drained } from '@mcp-everywhere/platform/process/drained';
import { explainListenError } from '@mcp-everywhere/platform/process/lifecycle';
import { type Dynalite, startDynalite } from '../engines/dynalite.ts';
import { type Fauxqs, startFauxqs } from '../engines/fauxqs.ts';
import { eventSourceMapping } from './event-source-mapping.ts';
import type { Front } from './events.ts';
import { frontOf } from './front.ts';
import { type LocalFunction, localFunction } from './local-function.ts';

/** Environments at once: a page that is slow to fetch holds one. Lambda's own limit is 1,000 an account. */
export const MAX_ENVIRONMENTS = 4;
/** Jobs at once, besides: as few as an event source mapping's `MaximumConcurrency` may be. */
const MAX_JOBS = 2;
/** What AWS asks for at least, of each (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
const VISIBILITY_TIMEOUTS = 6;
const MAX_RECEIVE_COUNT = 5;

/** How the app runs on this machine. */
export interface LocalLambdaOptions {
  /** The directory of the bundle, `index.mjs`. */
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  /** A directory for what DynamoDB holds. */
  readonly stateDirectory: string;
  readonly front: Front;
  readonly timeoutSeconds: number;
  /** Environment variables of the function. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The app on this machine. */
export interface LocalLambda {
  /** What stands in for DynamoDB. */
  readonly table: Dynalite;
  /** What stands in for SQS. */
  readonly queue: Fauxqs;
  /** Ends at once the environments that run jobs, in the middle of whatever they run; others take their place. */
  killJobs(): Promise<void>;
  /** Has every request from now on served by the bundle as it is now. */
  renew(): void;
  /** Takes no new request, and resolves when the running ones are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a built function by HTTP, with a DynamoDB that keeps its table on disk, and runs its jobs from a queue in SQS that
 * does not outlive this process.
 *
 * @throws {Error} where the port is taken
 */
export async function startLocalLambda(options: LocalLambdaOptions): Promise<LocalLambda> {
  const { directory, front, host, port, stateDirectory, timeoutSeconds, environment } = options;
  // The port is taken first, so that a second one does not touch the first one's table.
  const deployed = Promise.withResolvers<LocalFunction>();
  const server = frontOf(async (event) => (await deployed.promise).invoke(event), front, log);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });

  await mkdir(stateDirectory, { recursive: true });
  const table = await startDynalite({ path: stateDirectory });
  const queue = await startFauxqs({
    visibilityTimeoutSeconds: VISIBILITY_TIMEOUTS * timeoutSeconds,
    maxReceiveCount: MAX_RECEIVE_COUNT,
  });
  const settings = {
    directory,
    timeoutSeconds,
    environment: {
      ...environment,
      STATE_TABLE: table.tableName,
      DYNAMODB_ENDPOINT: table.url,
      JOBS_QUEUE_URL: queue.queueUrl,
    },
  };
  const handler = front === 'function-url' ? 'index.streamingHandler' : 'index.handler';
  const running = localFunction({ ...settings, handler }, MAX_ENVIRONMENTS);
  const jobs = localFunction({ ...settings, handler: 'index.queueHandler' }, MAX_JOBS);
  const mapping = eventSourceMapping(queue, jobs.invoke, MAX_JOBS, log);
  deployed.resolve(running);
  return {
    table,
    queue,
    killJobs: jobs.killEnvironments,
    renew() {
      running.renew();
      jobs.renew();
    },
    drain: () => drained(server),
    async close() {
      server.closeAllConnections();
      mapping.stop();
      await Promise.all([running.kill(), jobs.kill()]);
      await Promise.all([table.stop(), queue.stop()]);
    },
  };
}

function log({ errorType, message }: { readonly errorType: string; readonly message: string }): void {
  process.stderr.write(`${JSON.stringify({ level: 'error', errorType, message })}\n`);
}
