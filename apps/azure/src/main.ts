import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { detectRuntime } from '@mcp-everywhere/platform';
import { pollingBus } from '@mcp-everywhere/platform/events/polling';
import { storageQueue } from '@mcp-everywhere/platform/jobs/storage-queue';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { azureTableStore } from '@mcp-everywhere/platform/state/azure-table';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { jobHandler } from './job-message.ts';
import { readSettings } from './settings.ts';

// What can fail for want of configuration fails while the worker starts, and with it every request.
const { table, queue, region, wallTimeMs, jobRunMs } = readSettings(process.env);
const state = azureTableStore(table);
const jobs = storageQueue(queue);
const server = createServer(
  catalogueSurface,
  {
    target: 'azure',
    runtime: detectRuntime(),
    ...(region !== undefined && { region }),
    ...(wallTimeMs !== undefined && { wallTimeMs }),
    environment: process.env,
    state,
    cache: state,
    network: nodeNetwork(),
    jobs,
    events: pollingBus(state),
  },
  // Azure's front end routes by the app's own names, so only a local host is ever addressed by a loopback one.
  { loopback: true },
);

// Else the host collects a response before it sends any of it.
app.setup({ enableHttpStream: true });
app.http('mcp', {
  // All but TRACE and CONNECT, which no `Request` takes: the host answers those with 404.
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  authLevel: 'anonymous',
  route: '{*path}',
  handler: async (request) => toInit(await server.fetch(toRequest(request))),
});

// Both by the account of the state: the host reads the connection from the settings of this name, as `readSettings` does.
const connection = 'AzureWebJobsStorage';
app.storageQueue('jobs', {
  connection,
  queueName: queue.queueName,
  handler: jobHandler((jobId) => jobs.deliver(jobId, server.runJob, AbortSignal.timeout(jobRunMs))),
});
// Where the host puts what it has handed over `maxDequeueCount` times in vain.
app.storageQueue('abandoned-jobs', {
  connection,
  queueName: `${queue.queueName}-poison`,
  handler: jobHandler(server.giveUpJob),
});

/** The library's request is a class of its own, around a `Request` that it does not hand out. */
function toRequest({ url, method, headers, body }: HttpRequest): Request {
  // Node's types and the web's have a `ReadableStream` each; it is one class.
  const init = { method, headers, body: body instanceof ReadableStream ? body : null, duplex: 'half' };
  return new Request(url, init);
}

function toInit({ status, headers, body }: Response): HttpResponseInit {
  return { status, headers, body };
}
