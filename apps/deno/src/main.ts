import { dirname } from 'node:path';
import process from 'node:process';
import { detectRuntime, type Platform } from '@mcp-everywhere/platform';
import { denoKvBus } from '@mcp-everywhere/platform/events/deno-kv';
import { type DenoKvQueue, denoKvQueue } from '@mcp-everywhere/platform/jobs/deno-kv-queue';
import { denoNetwork } from '@mcp-everywhere/platform/network/deno';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, explainListenError, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { denoKvStore } from '@mcp-everywhere/platform/state/deno-kv';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { permissionsOf } from './permissions.ts';

/** Deno Deploy stops an instance 5 s after SIGINT: https://docs.deno.com/deploy/reference/runtime/ */
const DEPLOY_GRACE_MS = 4_000;
/** One process has the file for itself. On Deno Deploy every look is a billed read, and the cron takes what is left over. */
const LOOK_EVERY_MS = { local: 500, deployed: 60_000 };

const httpSse = async () => (await import('@mcp-everywhere/server/http-sse')).httpSse(() => new StreamedResponse());

const started = Promise.withResolvers<DenoKvQueue>();

// Deno Deploy finds a cron only where it is unconditional, at the top level and before the server:
// https://docs.deno.com/deploy/reference/cron/.
Deno.cron('deliver the jobs that are due', '* * * * *', async () => {
  const jobs = await started.promise;
  await jobs.sweep();
});

await startProcess(async () => {
  const { env } = permissionsOf(catalogueSurface);
  const environment = Object.fromEntries(env.map((variable) => [variable, Deno.env.get(variable)]));
  const settings = readProcessSettings(environment, 'deno', '.state/state.kv');
  const deployed = environment.DENO_DEPLOYMENT_ID !== undefined;
  const kv = await openKv(deployed, settings.statePath);
  const state = denoKvStore(kv);
  const jobs = denoKvQueue(kv, { lookEveryMs: deployed ? LOOK_EVERY_MS.deployed : LOOK_EVERY_MS.local });
  const platform: Platform = {
    target: 'deno',
    runtime: detectRuntime(),
    ...(settings.wallTimeMs !== undefined && { wallTimeMs: settings.wallTimeMs }),
    ...(environment.DENO_REGION !== undefined && { region: environment.DENO_REGION }),
    environment,
    state,
    cache: state,
    network: denoNetwork(),
    jobs,
    events: denoKvBus(kv),
  };
  const server = createServer(catalogueSurface, platform, {
    loopback: settings.loopback && !deployed,
    ...(!deployed && { httpSse }),
  });
  const host = deployed ? '0.0.0.0' : settings.host;
  const http = listen(server, host, settings.port);
  exitOnSignal({
    drain: async () => {
      server.endListening();
      await Promise.all([http.shutdown(), jobs.stop()]);
    },
    ...(deployed && { graceMs: DEPLOY_GRACE_MS }),
    close: async () => {
      await server.close();
      kv.close();
    },
  });
  jobs.start(server.runJob, server.onQueueError);
  started.resolve(jobs);
  process.stdout.write(await banner(catalogueSurface, server, originOf(host, http.addr.port)));
});

/** Deno Deploy attaches a database of its own, which has no path. */
async function openKv(deployed: boolean, path: string): Promise<Deno.Kv> {
  if (deployed) return Deno.openKv();
  await Deno.mkdir(dirname(path), { recursive: true });
  return Deno.openKv(path);
}

function listen(server: McpServer, hostname: string, port: number) {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, server.fetch);
  } catch (error) {
    throw explainListenError(error, hostname, port);
  }
}
