import { detectRuntime } from '@mcp-everywhere/platform';
import { pollingBus } from '@mcp-everywhere/platform/events/polling';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
// Not bundled but deployed beside the bundle, so that it is the deployment's own that counts.
import vercel from '../vercel.json' with { type: 'json' };
import { databaseIn } from './database.ts';
import { withOwnHosts } from './own-hosts.ts';
import { queueIn } from './queue.ts';

/** What a delivery leaves for its end: saving, sending the rest anew, answering. */
const DELIVERY_ENDS_MS = 5_000;

const { VERCEL_REGION: region } = process.env;
const { 'api/index.js': requests, 'api/jobs.js': deliveries } = vercel.functions;

// Made while the function starts: what is missing in the configuration fails the deployment's first request.
const state = vercelKvStore(databaseIn(process.env));
const queue = queueIn(process.env);
const server = createServer(
  catalogueSurface,
  {
    target: 'vercel',
    runtime: detectRuntime(),
    ...(region !== undefined && { region }),
    wallTimeMs: requests.maxDuration * 1000,
    environment: withOwnHosts(process.env),
    state,
    cache: state,
    network: nodeNetwork(),
    ...(queue !== undefined && { jobs: queue }),
    events: pollingBus(state),
  },
  // Vercel finds the deployment by the name it is called by, so only a local runtime is ever addressed by a loopback one.
  { loopback: true },
);

/** What api/index.js exports. */
export default { fetch: server.fetch };

/** What api/jobs.js exports. */
export const jobs = {
  fetch:
    queue?.consumer(server.runJob, {
      runMs: deliveries.maxDuration * 1000 - DELIVERY_ENDS_MS,
      onError: server.onQueueError,
    }) ?? (() => new Response('This deployment has no queue.', { status: 503 })),
};
