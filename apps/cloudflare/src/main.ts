import { env } from 'cloudflare:workers';
import { detectRuntime } from '@mcp-everywhere/platform';
import { textBindings } from '@mcp-everywhere/platform/env';
import { durableObjectBus } from '@mcp-everywhere/platform/events/durable-object';
import type { RunDelivery } from '@mcp-everywhere/platform/jobs';
import { durableObjectQueue, JobAlarm } from '@mcp-everywhere/platform/jobs/durable-object-queue';
import { cloudflareNetwork } from '@mcp-everywhere/platform/network/cloudflare';
import { cloudflareKvStore } from '@mcp-everywhere/platform/state/cloudflare-kv';
import { durableObjectStore } from '@mcp-everywhere/platform/state/durable-object';
import { createServer } from '@mcp-everywhere/server';
// What is loaded with the isolate counts for no request's CPU time, of which the free plan has 10 ms.
import '@mcp-everywhere/server/preload';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';

export { EventHub } from '@mcp-everywhere/platform/events/durable-object';
export { StateObject } from '@mcp-everywhere/platform/state/durable-object';

// At module scope, so that a missing variable fails the deployment and not the first caller.
const server = createServer(
  catalogueSurface,
  {
    target: 'cloudflare',
    runtime: detectRuntime(),
    environment: textBindings(env),
    state: durableObjectStore(env.STATE),
    cache: cloudflareKvStore(env.CACHE),
    network: cloudflareNetwork(),
    jobs: durableObjectQueue(env.JOBS),
    events: durableObjectBus(env.EVENTS),
  },
  // Cloudflare routes no request here by a loopback name, so only `wrangler dev` is ever addressed by one.
  { loopback: true },
);

/** The alarm of a job. It runs in an isolate of this same Worker, so this same server is there. */
export class JobObject extends JobAlarm {
  protected readonly run: RunDelivery = server.runJob;
}

export default { fetch: (request) => server.fetch(request) } satisfies ExportedHandler<Env>;
