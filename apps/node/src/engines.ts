import type { AtomicStore } from '@mcp-everywhere/platform';
import { type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import type { EventBus } from '@mcp-everywhere/platform/events';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import type { WorkedQueue } from '@mcp-everywhere/platform/jobs';
import { sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-node';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-node';
import * as z from 'zod';

const variables = z.object({
  /** The Redis that all instances share; without it state and jobs are in a file, and changes are told in this process only. */
  REDIS_URL: z
    .string()
    .refine(isRedisUrl, 'give a URL such as redis://user:password@host:6379/0, or rediss:// for TLS')
    .optional(),
});

/** What a process keeps its state and its jobs in, and tells changes by. */
export interface Engines {
  readonly state: AtomicStore;
  readonly jobs: WorkedQueue;
  readonly events: EventBus;
  close(): Promise<void>;
}

/**
 * Opens the engines: in Redis where REDIS_URL names one, else in an SQLite file.
 *
 * @param path of the file
 * @throws {EnvironmentError} where REDIS_URL is no URL of a Redis; one that does not answer is no error: see `/readyz`
 * @throws {Error} naming the path, where the file cannot be opened as a database
 */
export async function openEngines(source: EnvironmentSource, path: string): Promise<Engines> {
  const [{ REDIS_URL }] = readEnvironment([{ neededBy: 'the server', variables }], source, 'node');
  const { state, jobs, events } = REDIS_URL === undefined ? inFile(path) : await inRedis(REDIS_URL);
  return {
    state,
    jobs,
    events,
    async close() {
      await jobs.stop();
      jobs.close();
      events.close();
      state.close();
    },
  };
}

function inFile(path: string) {
  return { state: sqliteStore(path), jobs: sqliteQueue(path), events: { ...inProcessBus(), close() {} } };
}

async function inRedis(url: string) {
  // They take longer to load than the rest of the server, so only who needs them waits for them.
  const [{ redisStore }, { bullmqQueue }, { redisBus }] = await Promise.all([
    import('@mcp-everywhere/platform/state/redis'),
    import('@mcp-everywhere/platform/jobs/bullmq-queue'),
    import('@mcp-everywhere/platform/events/redis'),
  ]);
  return { state: redisStore(url), jobs: bullmqQueue(url), events: redisBus(url) };
}

/** Also refuses what a client would read as another address than was meant: no host, or a database that is no number. */
function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(\/\d*)?$/.test(url.pathname);
}
