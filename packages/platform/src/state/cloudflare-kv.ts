import { keyValueStore } from './engine-store.ts';
import type { KeyValueStore } from './store.ts';

/** Workers KV takes 25 MiB (https://developers.cloudflare.com/kv/platform/limits/); a Worker has 128 MB for everything. */
const MAX_VALUE_BYTES = 1024 * 1024;

/** The shortest time to live that KV takes, in seconds. A shorter one is kept by the expiry in the value. */
const MIN_EXPIRATION_TTL = 60;

/** What the adapter uses of a KV namespace binding. */
export interface KvNamespace {
  get(key: string, type: 'text'): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * State in Workers KV. A write may take a minute to be seen elsewhere, so this is a store for what may be stale or lost
 * without harm: it is not an `AtomicStore`, and does not compile where one is asked for.
 *
 * @example
 * const cache = cloudflareKvStore(env.CACHE);
 */
export function cloudflareKvStore(namespace: KvNamespace): KeyValueStore & { readonly consistency: 'eventual' } {
  return keyValueStore(
    'cloudflare-kv',
    { consistency: 'eventual', maxValueBytes: MAX_VALUE_BYTES },
    {
      async load(key) {
        const stored = await namespace.get(storedKey(key), 'text');
        if (stored === null) return undefined;
        const end = stored.indexOf('\n');
        // KV has no versions, and nothing asks an eventually consistent engine for one.
        return { value: stored.slice(end + 1), expiresAt: Number(stored.slice(0, end)), version: '' };
      },
      put(key, { value, expiresAt }) {
        const seconds = Math.ceil((expiresAt - Date.now()) / 1000);
        // The expiry stands before the value, not in KV's metadata: so the value never begins with a byte order mark,
        // which `get` as text would strip.
        return namespace.put(storedKey(key), `${expiresAt}\n${value}`, {
          expirationTtl: Math.max(MIN_EXPIRATION_TTL, seconds),
        });
      },
      remove: (key) => namespace.delete(storedKey(key)),
    },
  );
}

// KV refuses the keys "." and ".."; all others stand as they are. Percent-encoding could make 768 bytes of 256, and KV
// takes 512.
function storedKey(key: string): string {
  return `state:${key}`;
}
