import { createClient } from '@vercel/kv';
import type { AtomicStore } from './store.ts';
import { storeOver, type UpstashAddress, upstashOptions } from './upstash.ts';

/**
 * State in Vercel KV, which is Upstash Redis under Vercel's names: see {@link ./upstash.ts}.
 *
 * @param address `KV_REST_API_URL` and `KV_REST_API_TOKEN`
 * @throws {Error} where the URL or the token cannot be one
 *
 * @example
 * const store = vercelKvStore({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN });
 */
export function vercelKvStore(address: UpstashAddress): AtomicStore {
  return storeOver('vercel-kv', createClient(upstashOptions(address)));
}
