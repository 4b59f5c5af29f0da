import { drained } from '@mcp-everywhere/platform/process/drained';
import { explainListenError } from '@mcp-everywhere/platform/process/lifecycle';
import type { Azurite } from '../engines/azurite.ts';
import { readHostSettings } from './host-settings.ts';
import { httpHost, type LoadedApp } from './http-host.ts';
import { queueHost } from './queue-host.ts';
import { routerOf } from './routes.ts';
import { storageOf } from './storage.ts';
import { startWorker } from './worker-process.ts';

/** How the app runs on this machine. */
export interface LocalAzureOptions {
  /** What deploys: the directory of host.json, package.json and the app. */
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  /** A directory for the tables and the queues. Not used where the environment has an `AzureWebJobsStorage`. */
  readonly stateDirectory: string;
  /** Environment variables of the app. */
  readonly environment: Readonly<Record<string, string>>;
  /** What opens functions that are not anonymous; nothing does, where there is none. */
  readonly masterKey?: string;
}

/** The app on this machine. */
export interface LocalAzure {
  /** What stands in for the storage account; none where the environment names one. */
  readonly storage: Azurite | undefined;
  /** Has every request from now on served by the app as it is now. */
  renew(): void;
  /** Takes no new request and no message, and resolves when the running requests are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** The app on this machine, on the testkit's own host. */
export interface LocalHost extends LocalAzure {
  /** Ends the worker at once, in the middle of whatever it runs; another takes its place. */
  killWorker(): Promise<void>;
}

/**
 * Serves a built function app by HTTP and from queues, the way the host of Azure Functions does, with storage that keeps
 * what it holds on disk.
 *
 * @throws {Error} where the port is taken, or the app cannot be loaded
 */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalHost> {
  const { directory, host, port, stateDirectory, masterKey = crypto.randomUUID() } = options;
  const report = ({ name, message }: Error) =>
    process.stderr.write(`${JSON.stringify({ level: 'error', message, error: name })}\n`);
  // The port is taken first, so that a second one does not touch the first one's tables.
  const begun = Promise.withResolvers<void>();
  const server = httpHost(async () => begun.promise.then(current), masterKey, report);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });

  const storage = await storageOf(options.environment, stateDirectory);
  const environment = {
    ...options.environment,
    AzureWebJobsScriptRoot: directory,
    AzureWebJobsStorage: storage.connectionString,
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    FUNCTIONS_WORKER_RUNTIME: 'node',
    WEBSITE_HOSTNAME: `${host}:${port}`,
  };
  const queues = queueHost(current, environment, report);
  let app = load();

  async function load(): Promise<LoadedApp> {
    const settings = await readHostSettings(directory, environment);
    const worker = await startWorker(directory, environment);
    return { worker, settings, match: routerOf(worker.functions.http, settings.routePrefix) };
  }
  /** The app, in a new worker where the last one has ended. */
  async function current(): Promise<LoadedApp> {
    const asked = app;
    const found = await asked;
    if (!found.worker.gone) return found;
    if (app === asked) app = load();
    return app;
  }

  try {
    queues.serve(await app);
  } catch (error) {
    server.close();
    server.closeAllConnections();
    const loaded = await app.catch(() => undefined);
    await loaded?.worker.kill();
    await storage.engine?.stop();
    throw error;
  }
  begun.resolve();
  return {
    storage: storage.engine,
    renew() {
      const old = app;
      void queues.stop();
      app = load();
      app.then(queues.serve).catch(report);
      void old.then(({ worker }) => worker.idle().then(worker.terminate)).catch(() => {});
    },
    async killWorker() {
      await (await app).worker.kill();
    },
    async drain() {
      void queues.stop();
      await drained(server);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      const loaded = await app.catch(() => undefined);
      const idle = queues.stop();
      await loaded?.worker.terminate();
      await idle;
      await storage.engine?.stop();
    },
  };
}
