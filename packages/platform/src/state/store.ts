/**
 * The state contracts: what a tool may rely on, whichever engine is underneath.
 *
 * Keys are any UTF-8 of 1 to {@link MAX_KEY_BYTES} bytes. Values are strings of up to `maxValueBytes` bytes of UTF-8,
 * never less than {@link MIN_VALUE_CAPACITY_BYTES}. An expired value is never returned, to the second, however lazily the
 * engine itself expires. Every method throws {@link StoreUnavailable} when the engine cannot be reached, {@link InvalidKey},
 * {@link InvalidValue}, {@link ValueTooLarge} or a `RangeError` (the time to live) when the input is out of bounds: never a
 * cut, never a silent miss.
 */

/** The longest key, in bytes of UTF-8. The smallest engine limit is Cloudflare KV's 512 bytes; the rest is room for encoding. */
export const MAX_KEY_BYTES = 256;

/** What every adapter must be able to hold in one value, in bytes of UTF-8 (256 KiB). */
export const MIN_VALUE_CAPACITY_BYTES = 256 * 1024;

/** The longest time to live: 10 years. It fits every engine's idea of one; Workers KV, the narrowest, ends at 68 years. */
export const MAX_TTL_SECONDS = 10 * 365 * 24 * 60 * 60;

/** The engines the project has an adapter for; `runtime_info` and `/healthz` name them so. */
export type StoreKind =
  | 'memory'
  | 'sqlite'
  | 'deno-kv'
  | 'cloudflare-kv'
  | 'durable-object'
  | 'netlify-blobs'
  | 'azure-table'
  | 'dynamodb'
  | 'redis'
  | 'upstash'
  | 'vercel-kv';

/** `strong`: a read sees every write that finished before it began. `eventual`: it may not, for a while. */
export type Consistency = 'strong' | 'eventual';

/** A store of values by key, each with a time to live. */
export interface KeyValueStore {
  readonly kind: StoreKind;
  readonly consistency: Consistency;
  /** The largest value this adapter takes, in bytes of UTF-8. */
  readonly maxValueBytes: number;
  /** The value, or `undefined` where there is none or it has expired. */
  get(key: string): Promise<string | undefined>;
  /** Writes unconditionally. `ttlSeconds` is greater than 0, at most {@link MAX_TTL_SECONDS}, and counts from now. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Removes the key; removing one that is not there is no error. */
  delete(key: string): Promise<void>;
}

declare const versionBrand: unique symbol;

/** An opaque mark of one write. Two writes never share a version, not even across a deletion. */
export type Version = string & { readonly [versionBrand]: true };

/** A value and the version it was read at. */
export interface Versioned {
  readonly value: string;
  readonly version: Version;
}

/**
 * A strongly consistent store with compare-and-set: what sessions, drafts, transactions and jobs ask for in their types,
 * so that an app that offers an eventually consistent engine there does not compile.
 *
 * @example
 * const held = await store.read('draft/1');
 * const next = JSON.stringify(append(held?.value));
 * const written = await store.compareAndSet('draft/1', held?.version ?? 'absent', next, 3600);
 * // written === undefined: somebody else wrote in between; read again and decide anew.
 * // Else it is the version to expect next time: whoever wrote last needs to read nothing.
 */
export interface AtomicStore extends KeyValueStore {
  readonly consistency: 'strong';
  /** The value with its version, or `undefined` where there is none or it has expired. */
  read(key: string): Promise<Versioned | undefined>;
  /**
   * Writes only if the key is still at `expected` (`'absent'`: only if there is no live value).
   * Returns the version of what it wrote, as {@link read} would give it, or `undefined` where it did not write; of concurrent
   * calls with the same expectation exactly one writes.
   */
  compareAndSet(
    key: string,
    expected: Version | 'absent',
    value: string,
    ttlSeconds: number,
  ): Promise<Version | undefined>;
}

/** The engine did not answer, or refused. The message names the store; the cause stays for the log. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly store: StoreKind;

  constructor(store: StoreKind, cause: unknown) {
    super(`The state store "${store}" is unavailable. Try again in a moment.`, { cause });
    this.store = store;
  }
}

/** The key is empty, longer than {@link MAX_KEY_BYTES}, or not well-formed Unicode. */
export class InvalidKey extends Error {
  override readonly name = 'InvalidKey';
}

/** The value is not well-formed Unicode: UTF-8 has no bytes for a lone surrogate, so it would come back changed. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** The value is larger than the adapter's `maxValueBytes`. */
export class ValueTooLarge extends Error {
  override readonly name = 'ValueTooLarge';
}
