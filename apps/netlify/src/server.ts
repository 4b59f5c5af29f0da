import { detectRuntime } from '@mcp-everywhere/platform';
import { readEnvironment } from '@mcp-everywhere/platform/env';
import { backgroundFunctionQueue } from '@mcp-everywhere/platform/jobs/background-function-queue';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { netlifyBlobsStore } from '@mcp-everywhere/platform/state/netlify-blobs';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import * as z from 'zod';

const variables = z
  .object({
    /** How long the site lets a request run, where that is known to be longer than the limits table relies on. */
    WALL_TIME_SECONDS: z
      .string()
      .regex(/^([1-9]|[1-5]\d|60)$/, 'give whole seconds, from 1 to 60')
      .transform(Number)
      .optional(),
    /** What opens the background function. Without one nobody may call it, and jobs are worked on while they are asked for. */
    JOBS_SECRET: z.string().min(32, 'give at least 32 characters').optional(),
    /** How long one invocation of it works: a minute less than the 15 that Netlify gives it, where nothing is said. */
    JOB_RUN_SECONDS: z
      .string()
      .regex(/^([1-9]|[1-9]\d|[1-7]\d\d|8[0-3]\d|840)$/, 'give whole seconds, from 1 to 840')
      .default('840')
      .transform(Number),
    /** Set by the platform. */
    AWS_REGION: z.string().optional(),
    /** Set by the platform: https://docs.netlify.com/build/functions/environment-variables/. It is the published deploy's. */
    URL: z.url().optional(),
  })
  .refine(({ JOBS_SECRET, URL: site }) => JOBS_SECRET === undefined || site !== undefined, { path: ['URL'] });

const [{ WALL_TIME_SECONDS, AWS_REGION, JOBS_SECRET, JOB_RUN_SECONDS, URL: site }] = readEnvironment(
  [{ neededBy: 'the server', variables }],
  process.env,
  'netlify',
);
const state = netlifyBlobsStore({ name: 'state' });

/** How jobs are run; absent where nobody may start one. */
export const jobs =
  JOBS_SECRET === undefined
    ? undefined
    : {
        secret: JOBS_SECRET,
        runMs: JOB_RUN_SECONDS * 1000,
        queue: backgroundFunctionQueue({ url: new URL('/.netlify/functions/jobs', site), secret: JOBS_SECRET }),
      };

/** What both functions run. */
export const server = createServer(
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
    ...(jobs !== undefined && { jobs: jobs.queue }),
  },
  // Netlify finds a site by its own name, so only a local runtime is ever addressed by a loopback one.
  { loopback: true },
);
