import type { AtomicStore } from '@mcp-everywhere/platform';
import { type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import { type SqliteQueue, sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-node';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-node';
import * as z from 'zod';

const variables = z.object({
  /** The Redis that all instances share; without it the state is a file. */
  REDIS_URL: z
    .string()
    .refine(isRedisUrl, 'give a URL such as redis://user:password@host:6379/0, or rediss:// for TLS')
    .optional(),
});

/** What a process keeps its state and its jobs in. */
export interface Engines {
  readonly state: AtomicStore;
  /** In the file of the state. Where the state is in Redis, jobs are worked on while somebody asks for them. */
  readonly jobs: SqliteQueue | undefined;
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
  if (REDIS_URL === undefined) {
    const state = sqliteStore(path);
    const jobs = sqliteQueue(path);
    return {
      state,
      jobs,
      async close() {
        await jobs.stop();
        jobs.close();
        state.close();
      },
    };
  }
  // Its client takes longer to load than the rest of the server, so only who needs it waits for it.
  const { redisStore } = await import('@mcp-everywhere/platform/state/redis');
  const state = redisStore(REDIS_URL);
  return { state, jobs: undefined, close: async () => state.close() };
}

/** Also refuses what a client would read as another address than was meant: no host, or a database that is no number. */
function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(\/\d*)?$/.test(url.pathname);
}
