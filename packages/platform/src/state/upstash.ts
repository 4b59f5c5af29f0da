import { Redis } from '@upstash/redis';
import type { AtomicEngine } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import { COMPARE_AND_SET, MAX_VALUE_BYTES, redisEngine, withoutCommand } from './redis-engine.ts';
import { remoteCall, wroteEarlier } from './remote-call.ts';
import type { AtomicStore } from './store.ts';

/** How long one request may take. */
const REQUEST_MS = 2_000;

/** Where a database answers over HTTP, and the secret that opens it. */
export interface UpstashAddress {
  readonly url: string;
  readonly token: string;
}

/**
 * State in Upstash Redis over HTTP: for runtimes that keep no connections. Has nothing to close.
 *
 * Every read goes to the primary region, as a read of a replica may miss a write. A failover may lose the last moments,
 * as Upstash replicates after it has answered (https://upstash.com/docs/redis/features/consistency).
 *
 * @param address `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`
 * @throws {Error} where the URL or the token cannot be one
 *
 * @example
 * const store = upstashStore({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
 */
export function upstashStore(address: UpstashAddress): AtomicStore {
  return storeOver('upstash', new Redis(upstashOptions(address)));
}

/** How the client is set up, be it Upstash's own or Vercel's. Checks the address; no message quotes the token. */
export function upstashOptions({ url, token }: UpstashAddress) {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol) || parsed.username !== '') {
    throw new Error('The address of Upstash Redis is no URL such as https://name.upstash.io.');
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error('The token of Upstash Redis is empty, or holds a character that no HTTP header takes.');
  }
  return {
    url: parsed.href,
    token,
    // A record is text; by default the client takes every answer for JSON where it can.
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    // `remoteCall` tries again, and knows what a repeated compare-and-set means. (`retry: false` still makes two attempts.)
    retry: { retries: 0 },
    // Ends a request that nobody waits for any more. It has to be a function: with a mere signal the client gives the
    // reason of the abort as the value.
    signal: () => AbortSignal.timeout(REQUEST_MS),
  };
}

/** The store over a client that was set up with {@link upstashOptions}. */
export function storeOver(kind: 'upstash' | 'vercel-kv', redis: Redis): AtomicStore {
  const script = redis.createScript<unknown[]>(COMPARE_AND_SET);
  const engine = redisEngine({
    // GETEX is a write command, even where it changes nothing: the primary runs it.
    get: (key) => redis.getex<string>(key),
    set: (key, record, ttlMs) => redis.set(key, record, { px: ttlMs }),
    remove: (key) => redis.del(key),
    compareAndSet: async ({ key, args }) => (await script.exec([key], [...args]))[0],
  });
  return atomicStore(kind, { maxValueBytes: MAX_VALUE_BYTES }, repeating(engine));
}

/** Repeats what the network failed: the connections of a function that was frozen for a while are dead when it wakes. */
function repeating(engine: AtomicEngine): AtomicEngine {
  return {
    load: (key) => call(() => engine.load(key)),
    put: (key, entry) => call(() => engine.put(key, entry)),
    remove: (key) => call(() => engine.remove(key)),
    swap: (key, expected, next, now) =>
      call(async (attempt) => {
        const written = await engine.swap(key, expected, next, now);
        if (written !== undefined || attempt === 1) return written;
        return wroteEarlier(await engine.load(key), next).version;
      }),
  };
}

async function call<T>(operation: (attempt: number) => T | Promise<T>): Promise<T> {
  try {
    return await remoteCall(isNetworkError, async (_signal, attempt) => operation(attempt));
  } catch (error) {
    throw withoutCommand(error);
  }
}

/** On every runtime `fetch` rejects with a TypeError where it got no answer. */
function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError;
}
