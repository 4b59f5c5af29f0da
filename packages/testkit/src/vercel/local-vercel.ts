import { join } from 'node:path';
import { drained } from '@mcp-everywhere/platform/process/drained';
import type { Engine } from '../engines/engine.ts';
import { openStateDirectory } from '../engines/state-directory.ts';
import { startUpstash, type Upstash } from '../engines/upstash.ts';
import { listeningPort } from '../launch/listening-port.ts';
import { type BuiltFunction, readBuildOutput } from './build-output.ts';
import { type LocalFunction, localFunction } from './local-function.ts';
import { localOidcToken } from './oidc-token.ts';
import { proxyOf } from './proxy.ts';
import { pushTo } from './push-to.ts';
import { type LocalQueues, type LocalQueuesOptions, startLocalQueues } from './queues/local-queues.ts';
import type { Consumer, Push } from './queues/pushing.ts';
import { destinationOf } from './routing.ts';

/** Which deployment this is, as far as programs read it. */
const DEPLOYMENT_ID = 'dpl_local';

/** How the app runs on this machine. */
export interface LocalVercelOptions {
  /** What is deployed: `.vercel/output`. */
  readonly directory: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A directory for what the database and the queues hold. */
  readonly stateDirectory: string;
  /** Environment variables of the project; they win over Vercel's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The app on this machine. */
export interface LocalVercel {
  readonly port: number;
  /** What stands in for Upstash's Redis. */
  readonly database: Engine;
  /** What stands in for Vercel Queues. */
  readonly queues: Engine;
  /** What is lost when this process ends, for people; `undefined` where nothing is. */
  readonly warning: string | undefined;
  /** Has every request from now on served by the function as it is now. */
  renew(): void;
  /** Takes no new request, and resolves when the running ones are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a build output by HTTP, with a database as a project has it that Upstash for Redis is connected to, and with Vercel
 * Queues.
 *
 * @throws {Error} where the port or the state directory is taken, or the output is none
 */
export async function startLocalVercel(options: LocalVercelOptions): Promise<LocalVercel> {
  const { directory, host, stateDirectory, environment } = options;
  const output = await readBuildOutput(directory);
  // The port is taken first, so that a second one does not touch the first one's database.
  const connected = Promise.withResolvers<Services>();
  const oidcToken = localOidcToken();
  const functions = new Map<BuiltFunction, LocalFunction>();
  const running = async (built: BuiltFunction): Promise<LocalFunction> => {
    const { upstash, queues } = await connected.promise;
    const known = functions.get(built);
    if (known !== undefined) return known;
    const started = localFunction(built, {
      ...systemVariables(host, port),
      ...built.environment,
      ...environment,
      KV_REST_API_URL: upstash.url,
      KV_REST_API_TOKEN: upstash.token,
      VERCEL_QUEUE_BASE_URL: queues.url,
    });
    functions.set(built, started);
    return started;
  };
  const server = proxyOf({ destinationOf: (pathname) => destinationOf(output, pathname), running, oidcToken });
  const port = await listeningPort(server, host, options.port);

  const closeServer = () => {
    server.close();
    server.closeAllConnections();
  };
  const consumers = [...output.functions].flatMap(([path, built]) =>
    built.experimentalTriggers.map((trigger) => ({ ...trigger, path, built })),
  );
  let closed = false;
  const push = async (to: (typeof consumers)[number], pushed: Push): Promise<boolean> => {
    const called = await running(to.built);
    const instance = closed ? undefined : await called.instance();
    if (instance === undefined) return false;
    const own = {
      'x-forwarded-host': `${host}:${port}`,
      'x-forwarded-proto': 'http',
      'x-vercel-oidc-token': oidcToken,
    };
    return pushTo(instance, to.built, `/${to.path}`, { ...pushed, headers: { ...pushed.headers, ...own } });
  };
  connected.resolve(servicesIn(stateDirectory, { token: oidcToken, consumers, push }));
  const { upstash, queues, release } = await connected.promise.catch((error: unknown) => {
    closeServer();
    throw error;
  });
  return {
    port,
    database: upstash.database,
    queues,
    warning: upstash.warning,
    renew() {
      for (const one of functions.values()) one.renew();
    },
    drain() {
      queues.stopPushing();
      return drained(server);
    },
    async close() {
      closed = true;
      closeServer();
      queues.stopPushing();
      await Promise.all([...functions.values()].map((one) => one.kill()));
      await queues.close();
      await upstash.stop();
      release();
    },
  };
}

interface Services {
  readonly upstash: Upstash;
  readonly queues: LocalQueues;
  /** Leaves the directory to others. */
  release(): void;
}

async function servicesIn<To extends Consumer>(
  directory: string,
  options: Omit<LocalQueuesOptions<To>, 'file'>,
): Promise<Services> {
  const { path, release } = await openStateDirectory(directory);
  try {
    const upstash = await startUpstash(path);
    const queues = await startLocalQueues({ ...options, file: join(path, 'queues.sqlite') });
    return { upstash, queues, release };
  } catch (error) {
    release();
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
    VERCEL_DEPLOYMENT_ID: DEPLOYMENT_ID,
    VERCEL_REGION: 'dev1',
    NODE_ENV: 'production',
    TZ: ':UTC',
  };
}
