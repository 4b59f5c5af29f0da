import type { Result } from 'ioredis';
import { atomicStore } from './engine-store.ts';
import { connectToRedis } from './redis-connection.ts';
import { COMPARE_AND_SET, MAX_VALUE_BYTES, redisEngine } from './redis-engine.ts';
import { swapsInBatches } from './redis-swaps.ts';
import type { AtomicStore } from './store.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** {@link COMPARE_AND_SET}: sent whole on a new connection, by its digest from then on. */
    compareAndSet(keys: number, ...keysAndArgs: string[]): Result<unknown[], Context>;
  }
}

/** A store in Redis. `close` ends its connection; every call after that fails with `StoreUnavailable`. */
export type RedisStore = AtomicStore & { close(): void };

/**
 * State in Redis 6.2 or later, shared by every process that names the same server and database. Connects at once, and
 * again by itself whenever the connection is lost; until then each call fails within 1.5 s. A write that fails may have
 * happened. A failover to a replica may lose the last moments, as Redis replicates after it has answered.
 *
 * The client is ioredis: half the size of `@redis/client` in a bundle (190 KB, 416 KB), and it sends scripts by their digest.
 *
 * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * @throws {Error} where it is no such URL
 *
 * @example
 * const store = redisStore('redis://127.0.0.1:6379');
 */
export function redisStore(url: string): RedisStore {
  const { redis, run } = connectToRedis(url, {
    scripts: { compareAndSet: { lua: COMPARE_AND_SET } },
  });
  const engine = redisEngine({
    get: (key) => run(redis.get(key)),
    set: (key, record, ttlMs) => run(redis.set(key, record, 'PX', ttlMs)),
    remove: (key) => run(redis.del(key)),
    compareAndSet: swapsInBatches(async (swaps) => {
      const keys = swaps.map(({ key }) => key);
      return await run(redis.compareAndSet(keys.length, ...keys, ...swaps.flatMap(({ args }) => args)));
    }),
  });
  return { ...atomicStore('redis', { maxValueBytes: MAX_VALUE_BYTES }, engine), close: () => redis.disconnect() };
}
