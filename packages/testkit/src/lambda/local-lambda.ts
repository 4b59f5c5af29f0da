import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { explainListenError } from '@mcp-everywhere/platform/process/lifecycle';
import { startDynalite } from '../engines/dynalite.ts';
import type { Engine } from '../engines/engine.ts';
import type { Front } from './events.ts';
import { frontOf } from './front.ts';
import { type LocalFunction, localFunction } from './local-function.ts';

/** Environments at once: a page that is slow to fetch holds one. Lambda's own limit is 1,000 an account. */
const MAX_ENVIRONMENTS = 4;

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
  readonly table: Engine;
  /** Has every request from now on served by the bundle as it is now. */
  renew(): void;
  /** Takes no new request, and resolves when the running ones are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a built function by HTTP, with a DynamoDB that keeps its table on disk.
 *
 * @throws {Error} where the port is taken
 */
export async function startLocalLambda(options: LocalLambdaOptions): Promise<LocalLambda> {
  const { directory, front, host, port, stateDirectory, timeoutSeconds, environment } = options;
  // The port is taken first, so that a second one does not touch the first one's table.
  const deployed = Promise.withResolvers<LocalFunction>();
  const server = frontOf(
    async (event) => (await deployed.promise).invoke(event),
    front,
    ({ errorType, message }) => process.stderr.write(`${JSON.stringify({ level: 'error', errorType, message })}\n`),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });

  await mkdir(stateDirectory, { recursive: true });
  const table = await startDynalite({ path: stateDirectory });
  const running = localFunction(
    {
      directory,
      handler: front === 'function-url' ? 'index.streamingHandler' : 'index.handler',
      timeoutSeconds,
      environment: { ...environment, STATE_TABLE: table.tableName, DYNAMODB_ENDPOINT: table.url },
    },
    MAX_ENVIRONMENTS,
  );
  deployed.resolve(running);
  return {
    table,
    renew: running.renew,
    async drain() {
      const closed = once(server, 'close');
      server.close();
      // `close` ends the connections that are idle now, but not later.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(sweep);
    },
    async close() {
      server.closeAllConnections();
      await running.kill();
      await table.stop();
    },
  };
}
