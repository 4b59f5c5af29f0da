import { createServer as createHttpServer } from 'node:http';
import { parseArgs } from 'node:util';
import { getRequestListener } from '@hono/node-server';
import { detectRuntime, type Platform } from '@mcp-everywhere/platform';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { drained } from '@mcp-everywhere/platform/process/drained';
import {
  exitOnSignal,
  exitWithInput,
  explainListenError,
  startProcess,
} from '@mcp-everywhere/platform/process/lifecycle';
import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { banner, createServer, type McpServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { type Engines, openEngines } from './engines.ts';

/**
 * How long a connection may be idle: longer than whatever stands before this server keeps one, as a request that is sent on a
 * connection that ends just then is lost, and its client gets a 502. Google's load balancers keep one for 600 s, which cannot
 * be changed (https://docs.cloud.google.com/load-balancing/docs/https), Amazon's for 60 s; Node's default is 5 s.
 */
const KEEP_ALIVE_MS = 620_000;

const httpSse = async () => (await import('@mcp-everywhere/server/http-sse')).httpSse(() => new StreamedResponse());

await startProcess(async () => {
  const { values } = parseArgs({ options: { stdio: { type: 'boolean', default: false } } });
  const settings = readProcessSettings(process.env, 'node', '.state/state.sqlite');
  const engines = await openEngines(process.env, settings.statePath);
  const { state, jobs, events } = engines;
  const platform: Platform = {
    target: 'node',
    runtime: detectRuntime(),
    ...(settings.wallTimeMs !== undefined && { wallTimeMs: settings.wallTimeMs }),
    environment: process.env,
    state,
    cache: state,
    network: nodeNetwork(),
    jobs,
    events,
  };
  const server = createServer(catalogueSurface, platform, { loopback: settings.loopback, httpSse });
  if (values.stdio) await overStdio(server, engines);
  else await overHttp(server, engines, settings);
  jobs.start(server.runJob, server.onQueueError);
});

async function overStdio(server: McpServer, engines: Engines): Promise<void> {
  // The SDK is most of what there is to load, and over HTTP many an instance never needs it.
  const { serveStdio } = await import('@mcp-everywhere/server/stdio');
  const connection = serveStdio(server.service);
  exitWithInput({ drain: () => connection.close(), close: () => engines.close() });
}

async function overHttp(
  server: McpServer,
  engines: Engines,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  // A probe of HTTP/1.0 names no host.
  const listener = getRequestListener(server.fetch, { hostname: 'localhost' });
  const http = createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => reject(explainListenError(error, host, port)));
    http.listen(port, host, resolve);
  });
  // Once it listens no more, each answer ends its connection: one kept alive would go on bringing requests.
  http.prependListener('request', (_request, response) => {
    response.shouldKeepAlive &&= http.listening;
  });
  exitOnSignal({
    drain: () => {
      server.endListening();
      return drained(http);
    },
    close: async () => {
      await server.close();
      await engines.close();
    },
  });
  const address = http.address();
  const listening = typeof address === 'object' && address !== null ? address.port : port;
  process.stdout.write(await banner(catalogueSurface, server, originOf(host, listening)));
}
