import { Redis, type Result } from 'ioredis';
import { atomicStore } from './engine-store.ts';
import { COMPARE_AND_SET, MAX_VALUE_BYTES, redisEngine, withoutCommand } from './redis-engine.ts';
import type { AtomicStore } from './store.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** {@link COMPARE_AND_SET}: sent whole on a new connection, by its digest from then on. */
    compareAndSet(key: string, ...args: string[]): Result<unknown, Context>;
  }
}

/** How long a command may take, with the wait for a connection. A tool's caller waits for as long. */
const COMMAND_MS = 1_500;
const CONNECT_MS = 1_000;
/** The longest pause between two attempts to connect: a server that has returned is found within it. */
const MAX_RECONNECT_PAUSE_MS = 500;

/** A store in Redis. `close` ends its connection; every call after that fails with `StoreUnavailable`. */
export type RedisStore = AtomicStore & { close(): void };

/**
 * State in Redis 6.2 or later, shared by every process that names the same server and database. Connects at once, and
 * again by itself whenever the connection is lost; until then each call fails within 1.5 s. A write that fails may have
 * happened. A failover to a replica may lose the last moments, as Redis replicates after it has answered.
 *
 * The client is ioredis: half the size of `@redis/client` in a bundle (190 KB, 416 KB), it times a command as a whole and
 * not only in its queue, and sends scripts by their digest.
 *
 * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * @throws {Error} where it is no such URL
 *
 * @example
 * const store = redisStore('redis://127.0.0.1:6379');
 */
export function redisStore(url: string): RedisStore {
  const redis = new Redis(checkedUrl(url), {
    scripts: { compareAndSet: { lua: COMPARE_AND_SET, numberOfKeys: 1 } },
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    // Without it a server that is gone without a word is waited for until TCP gives up, a quarter of an hour later.
    socketTimeout: COMMAND_MS,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_PAUSE_MS),
    // What waits for a connection fails with the attempt to connect, and what was sent before it was lost is not sent again:
    // it may have been run, and a compare-and-set that won would lose to itself.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // After a failover the connection may still lead to the old primary, which has become a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });

  // ioredis tells a command only that the connection was lost; why, it tells its listeners.
  let connectionError: Error | undefined;
  redis.on('error', (error: Error) => {
    connectionError = error;
  });
  redis.on('ready', () => {
    connectionError = undefined;
  });
  const run = async <T>(command: Promise<T>): Promise<T> => {
    try {
      return await command;
    } catch (error) {
      throw withoutCommand(connectionError ?? error);
    }
  };

  const engine = redisEngine({
    get: (key) => run(redis.get(key)),
    set: (key, record, ttlMs) => run(redis.set(key, record, 'PX', ttlMs)),
    remove: (key) => run(redis.del(key)),
    compareAndSet: (key, ...args) => run(redis.compareAndSet(key, ...args)),
  });
  return { ...atomicStore('redis', { maxValueBytes: MAX_VALUE_BYTES }, engine), close: () => redis.disconnect() };
}

function checkedUrl(url: string): string {
  const parsed = URL.parse(url);
  // The URL holds the password, so no message quotes it.
  if (parsed === null || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new Error('The address of Redis is no URL such as redis://user:password@host:6379/0, or rediss:// for TLS.');
  }
  return parsed.href;
}
