import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { environmentWith } from '../apps/workspace.ts';
import { LOOPBACK, portReleased, refuseBusyPort } from '../launch/port.ts';
import { type ProcessGroup, startGroup, within } from '../launch/process-group.ts';
import type { Engine } from './engine.ts';

/** It starts in half a second on an idle machine. */
const READY_WITHIN_MS = 20_000;
const PORT_RELEASED_WITHIN_MS = 5_000;
/** It writes what it holds as one file. */
const SAVED_WITHIN_MS = 5_000;

const ACCOUNT = 'devstoreaccount1';
/** The emulator's one key, the same everywhere (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const PROGRAMS = {
  table: import.meta.resolve('azurite/dist/src/table/main.js'),
  queue: import.meta.resolve('azurite/dist/src/queue/main.js'),
};
type Service = keyof typeof PROGRAMS;

/** A storage account as processes of its own, one a service, which outlive what uses them, as the real one does. */
export interface Azurite extends Engine {
  /** Of the tables. */
  readonly url: string;
  /** The queues alone. */
  readonly queues: Engine;
  readonly accountKey: string;
  /** Leads to the tables and the queues at these places, or to others that stand in for them. */
  connectionString(tableUrl: string, queueUrl?: string): string;
}

/**
 * Starts azurite's table and queue services on free ports of the loopback interface, and waits until they answer.
 *
 * @param options `path` is a directory that keeps what they hold for the next start. It is written every five seconds and
 *   when the engine is stopped, so whoever kills azurite itself loses the last moments. Without it, a stop forgets all
 * @throws {Error} with its output, where it does not
 *
 * @example
 * const engine = await startAzurite();
 * const store = azureTableStore({ tableName: 'state', connectionString: engine.connectionString(engine.url) });
 */
export async function startAzurite(options: { readonly path?: string } = {}): Promise<Azurite> {
  const [tables, queues] = await Promise.all([startService('table', options), startService('queue', options)]);
  const both = [tables, queues];
  return {
    url: tables.url,
    queues,
    accountKey: ACCOUNT_KEY,
    connectionString: (tableUrl, queueUrl = queues.url) =>
      `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};` +
      `TableEndpoint=${tableUrl}/${ACCOUNT};QueueEndpoint=${queueUrl}/${ACCOUNT};`,
    async start() {
      await Promise.all(both.map((engine) => engine.start()));
    },
    async stop() {
      await Promise.all(both.map((engine) => engine.stop()));
    },
  };
}

async function startService(service: Service, { path }: { readonly path?: string }): Promise<Engine> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const url = `http://${LOOPBACK}:${port}`;
  let group: ProcessGroup | undefined;
  const engine: Engine = {
    url,
    async start() {
      await refuseBusyPort(port);
      group = await startGroup({
        file: process.execPath,
        // Clients speak newer versions of the protocol than it knows; they use nothing that is new in them.
        args: [
          fileURLToPath(PROGRAMS[service]),
          ...[`--${service}Host`, LOOPBACK, `--${service}Port`, String(port)],
          ...['--silent', '--skipApiVersionCheck', '--disableTelemetry'],
          ...(path === undefined ? ['--inMemoryPersistence'] : ['--location', path]),
        ],
        cwd: tmpdir(),
        env: environmentWith({}),
      });
      await answers(url, group);
    },
    async stop() {
      if (path !== undefined && group !== undefined) {
        // The one signal it saves at.
        await group.signal('SIGINT');
        await within(SAVED_WITHIN_MS, group.exited);
      }
      await group?.signal('SIGKILL');
      await portReleased(port, PORT_RELEASED_WITHIN_MS);
    },
  };
  await engine.start();
  return engine;
}

async function answers(url: string, group: ProcessGroup): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).body?.cancel();
      return;
    } catch {
      await delay(25);
    }
  }
  await group.signal('SIGKILL');
  throw new Error(`azurite was not ready within ${READY_WITHIN_MS} ms. It wrote:\n${group.output()}`);
}
