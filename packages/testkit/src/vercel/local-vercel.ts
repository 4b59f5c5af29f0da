import { drained } from '@mcp-everywhere/platform/process/drained';
import type { Engine } from '../engines/engine.ts';
import { openStateDirectory } from '../engines/state-directory.ts';
import { startUpstash, type Upstash } from '../engines/upstash.ts';
import { listeningPort } from '../launch/listening-port.ts';
import { type BuiltFunction, readBuildOutput } from './build-output.ts';
import { type LocalFunction, localFunction } from './local-function.ts';
import { proxyOf } from './proxy.ts';
import { destinationOf } from './routing.ts';

/** How the app runs on this machine. */
export interface LocalVercelOptions {
  /** What is deployed: `.vercel/output`. */
  readonly directory: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A directory for what the database holds. */
  readonly stateDirectory: string;
  /** Environment variables of the project; they win over Vercel's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The app on this machine. */
export interface LocalVercel {
  readonly port: number;
  /** What stands in for Upstash's Redis. */
  readonly database: Engine;
  /** What is lost when this process ends, for people; `undefined` where nothing is. */
  readonly warning: string | undefined;
  /** Has every request from now on served by the function as it is now. */
  renew(): void;
  /** Takes no new request, and resolves when the running ones are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a build output by HTTP, with a database as a project has it that Upstash for Redis is connected to.
 *
 * @throws {Error} where the port or the state directory is taken, or the output is none
 */
export async function startLocalVercel(options: LocalVercelOptions): Promise<LocalVercel> {
  const { directory, host, stateDirectory, environment } = options;
  const output = await readBuildOutput(directory);
  // The port is taken first, so that a second one does not touch the first one's database.
  const connected = Promise.withResolvers<Upstash>();
  const functions = new Map<BuiltFunction, LocalFunction>();
  const running = async (built: BuiltFunction): Promise<LocalFunction> => {
    const { url, token } = await connected.promise;
    const known = functions.get(built);
    if (known !== undefined) return known;
    const started = localFunction(built, {
      ...systemVariables(host, port),
      ...built.environment,
      ...environment,
      KV_REST_API_URL: url,
      KV_REST_API_TOKEN: token,
    });
    functions.set(built, started);
    return started;
  };
  const server = proxyOf({ destinationOf: (pathname) => destinationOf(output, pathname), running });
  const port = await listeningPort(server, host, options.port);

  const closeServer = () => {
    server.close();
    server.closeAllConnections();
  };
  connected.resolve(databaseIn(stateDirectory));
  const upstash = await connected.promise.catch((error: unknown) => {
    closeServer();
    throw error;
  });
  return {
    port,
    database: upstash.database,
    warning: upstash.warning,
    renew() {
      for (const one of functions.values()) one.renew();
    },
    drain: () => drained(server),
    async close() {
      closeServer();
      await Promise.all([...functions.values()].map((one) => one.kill()));
      await upstash.stop();
    },
  };
}

async function databaseIn(directory: string): Promise<Upstash> {
  const state = await openStateDirectory(directory);
  try {
    const upstash = await startUpstash(state.path);
    return {
      ...upstash,
      async stop() {
        await upstash.stop();
        state.release();
      },
    };
  } catch (error) {
    state.release();
    throw error;
  }
}

/** https://vercel.com/docs/environment-variables/system-environment-variables, as far as programs read them. */
function systemVariables(host: string, port: number): Record<string, string> {
  return {
    VERCEL: '1',
    VERCEL_ENV: 'development',
    VERCEL_TARGET_ENV: 'development',
    VERCEL_URL: `${host}:${port}`,
    VERCEL_REGION: 'dev1',
    NODE_ENV: 'production',
    TZ: ':UTC',
  };
}
