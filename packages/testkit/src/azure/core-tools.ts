import { setTimeout as delay } from 'node:timers/promises';
import { originOf } from '@mcp-everywhere/platform/process';
import { execa } from 'execa';
import { LOOPBACK, refuseBusyPort } from '../launch/port.ts';
import type { LocalAzure, LocalAzureOptions } from './local-azure.ts';
import { storageOf } from './storage.ts';

/** Azure's own host, and the worker, start in some seconds. */
const READY_WITHIN_MS = 60_000;

/**
 * Whether Azure Functions Core Tools are in the PATH, and listen where they are told to; says so where they do not.
 */
export async function hasCoreTools(): Promise<boolean> {
  const { failed, stdout } = await execa('func', ['--version'], { reject: false });
  if (failed) return false;
  const usable = takesAddress(stdout);
  if (!usable) {
    process.stderr.write(
      `Azure Functions Core Tools ${stdout} listen on every interface of this machine, so the testkit's own host is used. ` +
        'From 4.14.0 on they can be told not to: npm install --global azure-functions-core-tools@4\n',
    );
  }
  return usable;
}

/**
 * Whether this version of Core Tools has `--address`
 * (https://github.com/Azure/azure-functions-core-tools/blob/main/release_notes.md, 4.14.0).
 */
export function takesAddress(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 4 || (major === 4 && minor >= 14);
}

/**
 * Serves a built function app with `func start`, and ends this process when that ends by itself. It looks for changes of the
 * directory itself.
 *
 * @throws {Error} where the port is taken, or it does not answer within a minute
 */
export async function startCoreTools(options: LocalAzureOptions): Promise<LocalAzure> {
  const { directory, port, stateDirectory, environment } = options;
  // It takes an address and no name.
  const host = options.host === 'localhost' ? LOOPBACK : options.host;
  await refuseBusyPort(port, host);
  const storage = await storageOf(environment, stateDirectory);
  const func = execa('func', ['start', '--port', String(port), '--address', host], {
    cwd: directory,
    extendEnv: false,
    env: {
      ...environment,
      AzureWebJobsStorage: storage.connectionString,
      // Its keys, which it would else look for among the account's blobs: azurite is started without them.
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
  await answers(originOf(/^(?:0\.0\.0\.0|::)$/.test(host) ? LOOPBACK : host, port));
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

async function answers(origin: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    try {
      await (await fetch(origin, { signal: AbortSignal.timeout(5_000) })).body?.cancel();
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error(`func start did not answer at ${origin} within ${READY_WITHIN_MS / 1000} s.`);
}
