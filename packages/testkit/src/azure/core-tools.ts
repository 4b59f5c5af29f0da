import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { LocalAzure, LocalAzureOptions } from './local-azure.ts';
import { storageOf } from './storage.ts';

/** Azure's own host, and the worker, start in some seconds. */
const READY_WITHIN_MS = 60_000;

/** Whether Azure Functions Core Tools are in the PATH. */
export async function hasCoreTools(): Promise<boolean> {
  return !(await execa('func', ['--version'], { reject: false })).failed;
}

/**
 * Serves a built function app with `func start`, and ends this process when that ends by itself. It looks for changes of the
 * directory itself, and listens on 127.0.0.1 whatever `host` says.
 *
 * @throws {Error} where it does not answer within a minute
 */
export async function startCoreTools(options: LocalAzureOptions): Promise<LocalAzure> {
  const { directory, port, stateDirectory, environment } = options;
  const storage = await storageOf(environment, stateDirectory);
  const func = execa('func', ['start', '--port', String(port)], {
    cwd: directory,
    extendEnv: false,
    env: {
      ...environment,
      AzureWebJobsStorage: storage.connectionString,
      // Its keys, which it would else look for among the account's blobs: azurite is started with tables only.
      AzureWebJobsSecretStorageType: 'files',
      FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT: '1',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    reject: false,
  });
  let closing = false;
  void func.then(async ({ exitCode }) => {
    if (closing) return;
    await storage.engine?.stop();
    process.exit(exitCode ?? 1);
  });
  await answers(port);
  return {
    storage: storage.engine,
    renew() {},
    async drain() {
      closing = true;
      func.kill('SIGTERM');
      await func;
    },
    async close() {
      func.kill('SIGKILL');
      await func;
      await storage.engine?.stop();
    },
  };
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5_000) })).body?.cancel();
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error(`func start did not answer on port ${port} within ${READY_WITHIN_MS / 1000} s.`);
}
