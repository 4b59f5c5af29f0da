import { detectRuntime } from '@mcp-everywhere/platform';
import { readEnvironment } from '@mcp-everywhere/platform/env';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { netlifyBlobsStore } from '@mcp-everywhere/platform/state/netlify-blobs';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import type { Config } from '@netlify/functions';
import * as z from 'zod';

const variables = z.object({
  /** How long the site lets a request run, where that is known to be longer than the limits table relies on. */
  WALL_TIME_SECONDS: z
    .string()
    .regex(/^([1-9]|[1-5]\d|60)$/, 'give whole seconds, from 1 to 60')
    .transform(Number)
    .optional(),
  /** Set by the platform. */
  AWS_REGION: z.string().optional(),
});

const [{ WALL_TIME_SECONDS, AWS_REGION }] = readEnvironment(
  [{ neededBy: 'the server', variables }],
  process.env,
  'netlify',
);
const state = netlifyBlobsStore({ name: 'state' });
const server = createServer(
  catalogueSurface,
  {
    target: 'netlify',
    runtime: detectRuntime(),
    ...(AWS_REGION !== undefined && { region: AWS_REGION }),
    ...(WALL_TIME_SECONDS !== undefined && { wallTimeMs: WALL_TIME_SECONDS * 1000 }),
    environment: process.env,
    state,
    cache: state,
    network: nodeNetwork(),
  },
  // Netlify finds a site by its own name, so only a local runtime is ever addressed by a loopback one.
  { loopback: true },
);

export default (request: Request) => server.fetch(request);

/** Every path is the server's. Netlify's build reads this without running it. */
export const config: Config = { path: '/*' };
