import { checkKey, checkTtl, checkValue } from './bounds.ts';
import type { AtomicEngine, Engine, Entry } from './engine.ts';
import {
  type AtomicStore,
  type Consistency,
  type KeyValueStore,
  type StoreKind,
  StoreUnavailable,
  type Version,
} from './store.ts';

/** What an engine states about itself. */
export interface EngineLimits<C extends Consistency> {
  readonly consistency: C;
  /** In bytes of UTF-8. */
  readonly maxValueBytes: number;
}

/**
 * A {@link KeyValueStore} over an engine: checks the input, keeps the time to live, and turns every failure of the
 * engine into a `StoreUnavailable` that names it.
 *
 * @example
 * const store = keyValueStore('cloudflare-kv', { consistency: 'eventual', maxValueBytes: 1024 * 1024 }, engine);
 */
export function keyValueStore<C extends Consistency>(
  kind: StoreKind,
  { consistency, maxValueBytes }: EngineLimits<C>,
  engine: Engine,
): KeyValueStore & { readonly consistency: C } {
  return {
    kind,
    consistency,
    maxValueBytes,
    async get(key) {
      return (await loadLive(kind, engine, key))?.value;
    },
    async set(key, value, ttlSeconds) {
      const entry = newEntry(key, value, ttlSeconds, maxValueBytes, Date.now());
      await reach(kind, () => engine.put(key, entry));
    },
    async delete(key) {
      checkKey(key);
      await reach(kind, () => engine.remove(key));
    },
  };
}

/**
 * An {@link AtomicStore} over an engine that can compare and write in one step.
 *
 * @example
 * const store = atomicStore('memory', { maxValueBytes: 1024 * 1024 }, engine);
 */
export function atomicStore(
  kind: StoreKind,
  { maxValueBytes }: { readonly maxValueBytes: number },
  engine: AtomicEngine,
): AtomicStore {
  return {
    ...keyValueStore(kind, { consistency: 'strong', maxValueBytes }, engine),
    async read(key) {
      const entry = await loadLive(kind, engine, key);
      return entry && { value: entry.value, version: entry.version as Version };
    },
    async compareAndSet(key, expected, value, ttlSeconds) {
      const now = Date.now();
      const entry = newEntry(key, value, ttlSeconds, maxValueBytes, now);
      return (await reach(kind, () => engine.swap(key, expected, entry, now))) as Version | undefined;
    },
  };
}

async function loadLive(kind: StoreKind, engine: Engine, key: string): Promise<Entry | undefined> {
  checkKey(key);
  const entry = await reach(kind, () => engine.load(key));
  // The clock is read after the load: an entry that expired on its way here is not returned.
  return entry !== undefined && entry.expiresAt > Date.now() ? entry : undefined;
}

function newEntry(key: string, value: string, ttlSeconds: number, maxValueBytes: number, now: number): Entry {
  checkKey(key);
  checkValue(key, value, maxValueBytes);
  checkTtl(ttlSeconds);
  // A random version needs no counter that two processes would have to share, and none comes back after a deletion.
  return { value, expiresAt: now + Math.ceil(ttlSeconds * 1000), version: crypto.randomUUID() };
}

async function reach<T>(kind: StoreKind, operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new StoreUnavailable(kind, cause);
  }
}
