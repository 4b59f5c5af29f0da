import { currentVersion, type Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import type { AtomicStore } from './store.ts';

/** As much as one tool may sensibly remember; the values of all keys share the process's memory. */
const MAX_VALUE_BYTES = 1024 * 1024;

/** How many entries each write looks at for expired ones. More than one, so that the sweep outruns the writes. */
const SWEPT_PER_WRITE = 2;

/** A store that ends with its process. */
export type MemoryStore = AtomicStore & {
  /** How many entries are held, expired ones that are not yet swept included. */
  readonly size: number;
};

/**
 * State in the memory of this process: for tests, and for servers that may forget. Each write also looks at a few other
 * entries and drops those that have expired, so memory follows what is alive, without a timer and without a pause.
 *
 * @example
 * const store = memoryStore();
 * await store.set('greeting', 'hello', 60);
 */
export function memoryStore(): MemoryStore {
  const entries = new Map<string, Entry>();
  let sweep = entries.entries();

  const write = (key: string, entry: Entry) => {
    entries.set(key, entry);
    const now = Date.now();
    for (let looked = 0; looked < SWEPT_PER_WRITE; looked++) {
      const next = sweep.next();
      if (next.done) {
        sweep = entries.entries();
        return;
      }
      const [other, { expiresAt }] = next.value;
      if (expiresAt <= now) entries.delete(other);
    }
  };

  const store = atomicStore(
    'memory',
    { maxValueBytes: MAX_VALUE_BYTES },
    {
      load: (key) => entries.get(key),
      put: write,
      remove: (key) => {
        entries.delete(key);
      },
      swap: (key, expected, next, now) => {
        if (currentVersion(entries.get(key), now) !== expected) return undefined;
        write(key, next);
        return next.version;
      },
    },
  );
  return {
    ...store,
    get size() {
      return entries.size;
    },
  };
}
