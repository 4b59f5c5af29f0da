import type { AtomicStore } from '@mcp-everywhere/platform';
import { type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-node';
import * as z from 'zod';

const variables = z.object({
  /** The Redis that all instances share; without it the state is a file. */
  REDIS_URL: z
    .string()
    .refine(isRedisUrl, 'give a URL such as redis://user:password@host:6379/0, or rediss:// for TLS')
    .optional(),
});

/** The state of a process, which closes it. */
export type State = AtomicStore & { close(): void };

/**
 * Opens the state: in Redis where REDIS_URL names one, else in an SQLite file.
 *
 * @param path of the file
 * @throws {EnvironmentError} where REDIS_URL is no URL of a Redis; one that does not answer is no error: see `/readyz`
 * @throws {Error} naming the path, where the file cannot be opened as a database
 */
export async function openState(source: EnvironmentSource, path: string): Promise<State> {
  const [{ REDIS_URL }] = readEnvironment([{ neededBy: 'the server', variables }], source, 'node');
  if (REDIS_URL === undefined) return sqliteStore(path);
  // Its client takes longer to load than the rest of the server, so only who needs it waits for it.
  const { redisStore } = await import('@mcp-everywhere/platform/state/redis');
  return redisStore(REDIS_URL);
}

/** Also refuses what a client would read as another address than was meant: no host, or a database that is no number. */
function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(\/\d*)?$/.test(url.pathname);
}
