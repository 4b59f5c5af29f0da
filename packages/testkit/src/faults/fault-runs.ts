import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../apps/app.ts';
import { bunApp } from '../apps/bun.ts';
import { cloudflareApp } from '../apps/cloudflare.ts';
import { containerApp } from '../apps/container.ts';
import { denoApp } from '../apps/deno.ts';
import { nodeApp } from '../apps/node.ts';
import { findOrInstallEngine } from '../container/find-engine.ts';
import { type RedisServer, startRedis } from '../engines/redis.ts';
import { type LaunchedApp, launch } from '../launch.ts';
import { FAULT_SETTINGS, killReports } from './killed-reports.ts';
import { runManyJobs } from './many-jobs.ts';
import { stopRedis } from './redis-outage.ts';

const KILLS = { whole: 20, short: 1 };
const OUTAGE_MS = 10_000;
const JOBS = 1_000;
/** What the resident size may grow by. */
const GROWTH_BYTES = 50_000_000;
/**
 * After how many bursts that counts: from the one job before them on where the runtime gives back what it does not use.
 * Node keeps what it once took: docs/decisions/0017-memory-under-many-jobs.md.
 */
const LONG_LIVED = [
  { app: nodeApp, grownAfter: 3 },
  { app: bunApp, grownAfter: 0 },
  { app: denoApp, grownAfter: 0 },
];

/** How long a fault run takes: the short form is part of the tests. */
type Form = keyof typeof KILLS;

/** Something that is done to a running server, and what must hold of it then. */
export interface FaultRun {
  readonly name: string;
  readonly forms: readonly Form[];
  /** Whether it measures nothing and waits most of its time: such runs may run side by side. */
  readonly waits: boolean;
  /** Whether it starts a Redis, for which a `redis-server` has to be on this machine. */
  readonly needsRedis: boolean;
  /** Gives what was seen, in one line; rejects where what must hold does not. */
  run(form: Form): Promise<string>;
}

/** On SQLite each instance has its own state; those that share a Redis are several. */
export const FAULT_RUNS: readonly FaultRun[] = [
  {
    name: 'node, SQLite: kill -9 in the middle of a report',
    forms: ['whole', 'short'],
    waits: true,
    needsRedis: false,
    run: (form) => withInstances(nodeApp, (instances) => killed(instances, KILLS[form])),
  },
  {
    name: 'two instances of node on one Redis: kill -9 in the middle of a report',
    forms: ['whole', 'short'],
    waits: true,
    needsRedis: true,
    run: (form) => withRedis((instances) => killed(instances, KILLS[form])),
  },
  {
    name: 'two containers of node on one Redis: kill -9 in the middle of a report',
    forms: ['whole'],
    waits: true,
    needsRedis: true,
    run: (form) => withRedis((instances) => killed(instances, KILLS[form]), nodeContainer),
  },
  {
    name: 'cloudflare, Durable Objects: kill -9 in the middle of a report',
    forms: ['whole', 'short'],
    waits: true,
    needsRedis: false,
    run: (form) => withInstances(cloudflareApp, (instances) => killed(instances, KILLS[form])),
  },
  {
    name: 'two instances of node on one Redis: Redis away in the middle of their reports',
    forms: ['whole'],
    waits: false,
    needsRedis: true,
    run: () => withRedis((instances, redis) => outage(redis, instances, OUTAGE_MS)),
  },
  ...LONG_LIVED.map(
    ({ app, grownAfter }): FaultRun => ({
      name: `${app.name}: ${JOBS} jobs at once, and again`,
      forms: ['whole'],
      waits: false,
      needsRedis: false,
      run: () => withInstances(app, ([instance]) => manyJobs(instance, grownAfter)),
    }),
  ),
];

async function killed(instances: readonly LaunchedApp[], kills: number): Promise<string> {
  const { reports, completed, endsRecorded, chunkBegun } = await killReports(instances, kills);
  const seen = `${kills} kills; ${completed} of ${reports} reports completed; an end recorded at most ${times(endsRecorded)}; a chunk begun at most ${times(chunkBegun)}`;
  must(completed === reports && endsRecorded === 1 && chunkBegun <= 2, seen);
  return seen;
}

async function outage(redis: RedisServer, instances: readonly LaunchedApp[], ms: number): Promise<string> {
  const { reports, completed, endsRecorded, answers } = await stopRedis(redis, instances, ms);
  const seen = `${ms / 1000} s; ${completed} of ${reports} reports completed; an end recorded at most ${times(endsRecorded)}; meanwhile: ${answers.join(' | ')}`;
  const named = answers.every((answer) => answer.includes('"redis" is unavailable'));
  must(completed === reports && endsRecorded === 1 && named && answers.length > 0, seen);
  return seen;
}

async function manyJobs(instance: LaunchedApp | undefined, grownAfter: number): Promise<string> {
  if (instance === undefined) throw new Error('There is no instance to give jobs to.');
  const { jobs, seconds, residentAfterOne, residentAfter, residentMost } = await runManyJobs(instance, JOBS);
  const [base = 0, ...judged] = [residentAfterOne, ...residentAfter].slice(grownAfter);
  const growth = Math.max(...judged) - base;
  const since = grownAfter === 0 ? 'one job' : `burst ${grownAfter}`;
  const seen = `${jobs} jobs in ${seconds.toFixed(1)} s; resident ${megabytes(residentAfterOne)} after one job, ${residentAfter.map(megabytes).join(', ')} after the bursts, ${megabytes(residentMost)} at most; ${megabytes(growth)} more than after ${since}`;
  must(growth < GROWTH_BYTES, `${seen}, and it may be ${megabytes(GROWTH_BYTES)}`);
  return seen;
}

/** The image is built first, by whatever builds images here: where nothing does, the run has failed and says what is missing. */
async function nodeContainer({ url }: RedisServer): Promise<App> {
  const engine = await findOrInstallEngine();
  await engine.build('slim');
  return containerApp(engine, 'slim', () => url);
}

async function withRedis(
  run: (instances: readonly LaunchedApp[], redis: RedisServer) => Promise<string>,
  appOn: (redis: RedisServer) => App | Promise<App> = () => nodeApp,
): Promise<string> {
  return withDirectory(async (directory) => {
    const redis = await startRedis({ directory });
    const settings = { REDIS_URL: redis.url };
    try {
      return await withInstances(await appOn(redis), (instances) => run(instances, redis), { count: 2, settings });
    } finally {
      await redis.stop();
    }
  });
}

async function withInstances(
  app: App,
  run: (instances: readonly LaunchedApp[]) => Promise<string>,
  { count = 1, settings = {} }: { readonly count?: number; readonly settings?: Record<string, string> } = {},
): Promise<string> {
  return withDirectory(async (stateDirectory) => {
    const instances: LaunchedApp[] = [];
    try {
      for (let index = 0; index < count; index++) {
        instances.push(await launch(app, { stateDirectory, settings: { ...FAULT_SETTINGS, ...settings } }));
      }
      return await run(instances);
    } finally {
      await Promise.all(instances.map((instance) => instance.kill()));
    }
  });
}

async function withDirectory(run: (directory: string) => Promise<string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-faults-'));
  try {
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function must(holds: boolean, seen: string): void {
  if (!holds) throw new Error(`It does not hold: ${seen}.`);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
