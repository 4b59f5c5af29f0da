import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { detectRuntime } from '@mcp-everywhere/platform';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { azureTableStore } from '@mcp-everywhere/platform/state/azure-table';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { hasCoreTools, type LocalAzure, startCoreTools, startLocalAzure } from '@mcp-everywhere/testkit/azure';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { context } from 'esbuild';
import { assemble, bundle } from './build.ts';

// The function app as it is deployed, on the host that Core Tools bring where they are installed, else on the testkit's:
// builds it, unless told that it is built, and again on changes.
await startProcess(async () => {
  const { values } = parseArgs({
    options: { built: { type: 'boolean', default: false }, 'local-host': { type: 'boolean', default: false } },
  });
  const { host, port, statePath } = readProcessSettings(process.env, 'azure', '.state/azurite');
  let azure: LocalAzure | undefined;
  const building = values.built ? undefined : await context({ ...bundle, plugins: [onBuilt(() => azure?.renew())] });
  await building?.rebuild();
  const start = !values['local-host'] && (await hasCoreTools()) ? startCoreTools : startLocalAzure;
  const started = await start({
    directory: fileURLToPath(new URL('dist/app', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    environment: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
  });
  azure = started;
  await building?.watch();
  exitOnSignal({
    drain: started.drain,
    close: async () => {
      await building?.dispose();
      await started.close();
    },
  });
  await announce(originOf(host, port));
});

function onBuilt(done: () => void) {
  return {
    name: 'on-built',
    setup: (build: { onEnd(callback: (result: { errors: unknown[] }) => Promise<void>): void }) =>
      build.onEnd(async ({ errors }) => {
        if (errors.length > 0) return;
        await assemble();
        done();
      }),
  };
}

/** Says where it is, once the function itself has answered. */
async function announce(origin: string): Promise<void> {
  const response = await fetch(`${origin}/healthz`);
  if (!response.ok) throw new Error('The function does not start. What it says of it stands above.');
  process.stdout.write(await banner(catalogueSurface, sameServer(), origin));
}

/** The server that the bundle makes, made here for what it knows of itself; it serves nobody. */
function sameServer(): McpServer {
  const state = azureTableStore({ tableName: 'unread', connectionString: 'UseDevelopmentStorage=true' });
  const platform = { runtime: detectRuntime(), environment: process.env, state, cache: state, network: nodeNetwork() };
  return createServer(catalogueSurface, { target: 'azure', ...platform }, { loopback: true });
}
