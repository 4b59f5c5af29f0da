import { detectRuntime } from '@mcp-everywhere/platform';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
// Not bundled but deployed beside the bundle, so that it is the deployment's own that counts.
import vercel from '../vercel.json' with { type: 'json' };
import { databaseIn } from './database.ts';
import { withOwnHosts } from './own-hosts.ts';

const { VERCEL_REGION: region } = process.env;
const { maxDuration } = vercel.functions['api/index.js'];

// Made while the function starts: what is missing in the configuration fails the deployment's first request.
const state = vercelKvStore(databaseIn(process.env));
const server = createServer(
  catalogueSurface,
  {
    target: 'vercel',
    runtime: detectRuntime(),
    ...(region !== undefined && { region }),
    wallTimeMs: maxDuration * 1000,
    environment: withOwnHosts(process.env),
    state,
    cache: state,
    network: nodeNetwork(),
  },
  // Vercel finds the deployment by the name it is called by, so only a local runtime is ever addressed by a loopback one.
  { loopback: true },
);

export default { fetch: server.fetch };
