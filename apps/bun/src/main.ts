import { detectRuntime, type Platform } from '@mcp-everywhere/platform';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import { sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-bun';
import { bunNetwork } from '@mcp-everywhere/platform/network/bun';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, explainListenError, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-bun';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';

const httpSse = async () => (await import('@mcp-everywhere/server/http-sse')).httpSse(() => new StreamedResponse());

await startProcess(async () => {
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
  const http = listen(server, settings);
  exitOnSignal({
    drain: () => {
      server.endListening();
      return http.stop();
    },
    close: async () => {
      await server.close();
      await http.stop(true);
      await jobs.stop();
      jobs.close();
      state.close();
    },
  });
  jobs.start(server.runJob, server.onQueueError);
  process.stdout.write(await banner(catalogueSurface, server, originOf(settings.host, http.port ?? settings.port)));
});

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
