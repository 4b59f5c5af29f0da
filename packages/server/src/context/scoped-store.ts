import type { AtomicStore, KeyValueStore } from '@mcp-everywhere/platform';

/**
 * A view of a store in which every key carries a prefix, so that nobody who holds the view reaches beyond it: the wall
 * between principals, and between what is theirs and what is shared.
 */
export function scopedStore(store: KeyValueStore, prefix: string): KeyValueStore {
  return {
    kind: store.kind,
    consistency: store.consistency,
    maxValueBytes: store.maxValueBytes,
    get: (key) => store.get(prefix + key),
    set: (key, value, ttlSeconds) => store.set(prefix + key, value, ttlSeconds),
    delete: (key) => store.delete(prefix + key),
  };
}

/** {@link scopedStore} over an atomic store. */
export function scopedAtomicStore(store: AtomicStore, prefix: string): AtomicStore {
  return {
    ...scopedStore(store, prefix),
    consistency: 'strong',
    read: (key) => store.read(prefix + key),
    compareAndSet: (key, expected, value, ttlSeconds) => store.compareAndSet(prefix + key, expected, value, ttlSeconds),
  };
}

/** What principals share, in the cache and in the state. No principal's prefix can begin so: theirs begin with `state/`. */
export const SHARED_PREFIX = 'shared/';
export const COMMON_PREFIX = 'common/';

/** Encoded, so that no principal id runs into the key behind it. */
export function principalPrefix(principalId: string): string {
  return `state/${encodeURIComponent(principalId)}/`;
}
