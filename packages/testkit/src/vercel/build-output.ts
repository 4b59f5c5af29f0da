import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import * as z from 'zod';
import { readBuilt } from '../build/read-built.ts';

const DEFAULT_MAX_DURATION = Number(LIMITS.vercel.wallTimeMs.default) / 1000;

/** Strict, here and below: what is not emulated is refused, and not passed over. */
const route = z.union([
  z.strictObject({ handle: z.enum(['filesystem', 'miss', 'error']) }),
  z.strictObject({ src: z.string(), dest: z.string(), check: z.literal(true) }),
  z.strictObject({ src: z.string(), status: z.number().int(), dest: z.string().optional() }),
]);
const config = z.strictObject({ version: z.literal(3), routes: z.array(route), crons: z.tuple([]).optional() });

/** https://vercel.com/docs/queues */
const trigger = z.strictObject({
  type: z.literal('queue/v2beta'),
  topic: z.string().regex(/^[A-Za-z0-9_-]+$/),
  consumer: z.string(),
  /** As under `vercel dev`. */
  retryAfterSeconds: z.number().positive().default(60),
});

const functionConfig = z.strictObject({
  /** The file in the function's directory. */
  handler: z.string(),
  runtime: z.string().regex(/^nodejs\d+\.x$/),
  launcherType: z.literal('Nodejs'),
  maxDuration: z.number().int().positive().default(DEFAULT_MAX_DURATION),
  supportsCancellation: z.boolean().default(false),
  environment: z.record(z.string(), z.string()).default({}),
  /** Whoever has some is called by them alone. */
  experimentalTriggers: z.array(trigger).default([]),
  architecture: z.enum(['x86_64', 'arm64']).optional(),
  // For functions of a request and a response in Node's own form, and of AWS: a function here is none of them.
  shouldAddHelpers: z.boolean().optional(),
  awsLambdaHandler: z.literal('').optional(),
  // For traces and stack traces that nobody looks at here.
  shouldDisableAutomaticFetchInstrumentation: z.boolean().optional(),
  shouldAddSourcemapSupport: z.boolean().optional(),
});

/** A function as it is deployed. */
export interface BuiltFunction extends z.output<typeof functionConfig> {
  readonly directory: string;
}

/** What `vercel deploy --prebuilt` deploys. */
export interface BuildOutput {
  readonly routes: readonly z.output<typeof route>[];
  /** By the path they are served at, e.g. `api/index`. */
  readonly functions: ReadonlyMap<string, BuiltFunction>;
}

/**
 * Reads a directory of the Build Output API, version 3 (https://vercel.com/docs/build-output-api).
 *
 * @param directory `.vercel/output`
 * @throws {Error} where nothing is built there, or has in it what is not emulated
 */
export async function readBuildOutput(directory: string): Promise<BuildOutput> {
  const { routes } = config.parse(await readBuilt(join(directory, 'config.json'), 'vercel'));
  const files = await readdir(join(directory, 'static')).catch(() => []);
  if (files.length > 0)
    throw new Error(`${join(directory, 'static')} has files in it, and only functions are served here`);
  const root = join(directory, 'functions');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const functions = entries
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('.func'))
    .map(async ({ parentPath, name }): Promise<[string, BuiltFunction]> => {
      const directory = join(parentPath, name);
      const path = relative(root, directory).split(sep).join('/').slice(0, -'.func'.length);
      return [
        path,
        { ...functionConfig.parse(await readBuilt(join(directory, '.vc-config.json'), 'vercel')), directory },
      ];
    });
  return { routes, functions: new Map(await Promise.all(functions)) };
}
