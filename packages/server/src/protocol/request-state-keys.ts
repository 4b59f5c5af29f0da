import type { AtomicStore } from '@mcp-everywhere/platform';
import { MAX_TTL_SECONDS } from '@mcp-everywhere/platform/state';

/** No principal's key: theirs begin with `state/`. */
const STORED_KEY = 'server/request-state-key';

/** The keys of request state: the first seals, all open. */
export type RequestStateKeys = () => Promise<readonly string[]>;

/**
 * Where none is configured, all instances that share the store use the one that the first of them mints and keeps there.
 * It is read when it is first needed, and then held.
 *
 * @param configured the keys of REQUEST_STATE_KEY
 * @returns what throws {@link StoreUnavailable} where the key is in the store, and that is down
 */
export function requestStateKeys(configured: readonly string[], store: AtomicStore): RequestStateKeys {
  let found: readonly string[] | undefined = configured.length > 0 ? configured : undefined;
  return async () => {
    found ??= [await storedKey(store)];
    return found;
  };
}

async function storedKey(store: AtomicStore): Promise<string> {
  const held = await store.get(STORED_KEY);
  if (held !== undefined) return held;
  // Twice 122 random bits.
  const minted = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  const won = await store.compareAndSet(STORED_KEY, 'absent', minted, MAX_TTL_SECONDS);
  return won !== undefined ? minted : storedKey(store);
}
