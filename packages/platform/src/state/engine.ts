/**
 * What an adapter has to bring: a few operations on entries. {@link ./engine-store.ts} makes a store of them and adds
 * all that is the same everywhere, so an adapter holds only what is particular to its engine.
 */

/** One stored value. */
export interface Entry {
  readonly value: string;
  /** Milliseconds since the epoch; from then on the value is no longer returned. */
  readonly expiresAt: number;
  /**
   * Unique to this write. The store mints one for every write; an engine that has versions of its own gives those from
   * `load` instead. (It does well to store the minted one all the same where its own are hashes of the content.)
   */
  readonly version: string;
}

type Awaitable<T> = T | Promise<T>;

/** The operations of an engine. Keys, values and expiry have been checked; a failure is thrown as the engine throws it. */
export interface Engine {
  /** The entry as stored. Expired ones may be returned: the store leaves them out. */
  load(key: string): Awaitable<Entry | undefined>;
  put(key: string, entry: Entry): Awaitable<void>;
  remove(key: string): Awaitable<void>;
}

/** An engine that can compare and write in one step. */
export interface AtomicEngine extends Engine {
  /**
   * Writes if the key's version is `expected`, as {@link currentVersion} tells it, in one atomic step.
   * @param now milliseconds since the epoch: what has expired by then counts as absent
   * @returns the version of what it wrote, as `load` gives it, or `undefined` where it did not write
   */
  swap(key: string, expected: string, next: Entry, now: number): Awaitable<string | undefined>;
}

/** Where a key stands for a compare-and-set: the version of its live value, or `'absent'`. */
export function currentVersion(held: Entry | undefined, now: number): string {
  return held !== undefined && held.expiresAt > now ? held.version : 'absent';
}
