import { parseArgs } from 'node:util';
import { detectRuntime, type Platform } from '@mcp-everywhere/platform';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import { sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-bun';
import { bunNetwork } from '@mcp-everywhere/platform/network/bun';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import {
  exitOnSignal,
  exitWithInput,
  explainListenError,
  startProcess,
} from '@mcp-everywhere/platform/process/lifecycle';
import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-bun';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';

const httpSse = async () => (await import('@mcp-everywhere/server/http-sse')).httpSse(() => new StreamedResponse());

await startProcess(async () => {
  const { values } = parseArgs({ options: { stdio: { type: 'boolean', default: false } } });
  const settings = readProcessSettings(process.env, 'bun', '.state/state.sqlite');
  const state = sqliteStore(settings.statePath);
  const jobs = sqliteQueue(settings.statePath);
  const platform: Platform = {
    target: 'bun',
    runtime: detectRuntime(),
    ...(settings.wallTimeMs !== undefined && { wallTimeMs: settings.wallTimeMs }),
    environment: process.env,
    state,
    cache: state,
    network: bunNetwork(),
    jobs,
    events: inProcessBus(),
  };
  const server = createServer(catalogueSurface, platform, { loopback: settings.loopback, httpSse });
  const closeEngines = async () => {
    await jobs.stop();
    jobs.close();
    state.close();
  };
  if (values.stdio) await overStdio(server, closeEngines);
  else await overHttp(server, closeEngines, settings);
  jobs.start(server.runJob, server.onQueueError);
});

async function overStdio(server: McpServer, closeEngines: () => Promise<void>): Promise<void> {
  // The SDK is most of what there is to load, and over HTTP many an instance never needs it.
  const { serveStdio } = await import('@mcp-everywhere/server/stdio');
  const connection = serveStdio(server.service);
  exitWithInput({ drain: () => connection.close(), close: closeEngines });
}

async function overHttp(
  server: McpServer,
  closeEngines: () => Promise<void>,
  settings: { readonly host: string; readonly port: number },
): Promise<void> {
  const http = listen(server, settings);
  exitOnSignal({
    drain: () => {
      server.endListening();
      return http.stop();
    },
    close: async () => {
      await server.close();
      await http.stop(true);
      await closeEngines();
    },
  });
  process.stdout.write(await banner(catalogueSurface, server, originOf(settings.host, http.port ?? settings.port)));
}

function listen(server: McpServer, { host, port }: { readonly host: string; readonly port: number }) {
  try {
    return Bun.serve({
      fetch: server.fetch,
      hostname: host,
      port,
      // The default of 10 s cuts a stream that is silent for longer, and keep-alive comments come every 15 s.
      idleTimeout: 0,
    });
  } catch (error) {
    throw explainListenError(error, host, port);
  }
}
