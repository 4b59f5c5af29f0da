import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { detectRuntime } from '@mcp-everywhere/platform';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { type LocalVercel, startLocalVercel } from '@mcp-everywhere/testkit/vercel';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { context } from 'esbuild';
import { bundle, writeBuildOutput } from './build.ts';

// The function as it is deployed, in an environment like Vercel's: builds it, unless told that it is built, and again on changes.
await startProcess(async () => {
  const { values } = parseArgs({ options: { built: { type: 'boolean', default: false } } });
  const { host, port, statePath } = readProcessSettings(process.env, 'vercel', '.state/redis');
  let vercel: LocalVercel | undefined;
  const built = Promise.withResolvers<void>();
  const onBuild = () => {
    built.resolve();
    vercel?.renew();
  };
  const building = values.built ? undefined : await context({ ...bundle, plugins: [onBuilt(onBuild)] });
  if (building !== undefined) {
    // It builds at once, and nothing may start while that is being written.
    await building.watch();
    await built.promise;
  }
  const started = await startLocalVercel({
    directory: fileURLToPath(new URL('.vercel/output', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    environment: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
  });
  vercel = started;
  exitOnSignal({
    drain: started.drain,
    close: async () => {
      await building?.dispose();
      await started.close();
    },
  });
  await announce(originOf(host, port), started.warning);
});

function onBuilt(done: () => void) {
  return {
    name: 'on-built',
    setup: (build: { onEnd(callback: (result: { errors: unknown[] }) => Promise<void>): void }) =>
      build.onEnd(async ({ errors }) => {
        if (errors.length > 0) return;
        await writeBuildOutput();
        done();
      }),
  };
}

/** Says where it is, once the function itself has answered. */
async function announce(origin: string, warning: string | undefined): Promise<void> {
  const response = await fetch(`${origin}/healthz`);
  if (!response.ok) throw new Error('The function does not start. What it says of it stands above.');
  process.stdout.write(await banner(catalogueSurface, sameServer(), origin));
  if (warning !== undefined) process.stdout.write(`${warning}\n\n`);
}

/** The server that the bundle makes, made here for what it knows of itself; it serves nobody. */
function sameServer(): McpServer {
  const state = vercelKvStore({ url: 'http://not.read', token: 'not-read' });
  const platform = { runtime: detectRuntime(), environment: process.env, state, cache: state, network: nodeNetwork() };
  return createServer(catalogueSurface, { target: 'vercel', ...platform }, { loopback: true });
}
