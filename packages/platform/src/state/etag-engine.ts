import type { AtomicEngine, Entry } from './engine.ts';
import { remoteCall, wroteEarlier } from './remote-call.ts';

/** An entry as it was read: `version` is the one minted for its write, `etag` the engine's own. */
export interface TaggedEntry extends Entry {
  readonly etag: string;
}

/** Of a write whose answer had no ETag: its version never wins, so whoever builds on it reads anew. */
export const UNKNOWN_ETAG = '';

/** One attempt each at what an engine with ETags can do. */
export interface TaggedEntries {
  /** Whether another attempt may succeed where one failed with this error. */
  isTransient(error: unknown): boolean;
  find(key: string, signal: AbortSignal): Promise<TaggedEntry | undefined>;
  put(key: string, entry: Entry, signal: AbortSignal): Promise<void>;
  remove(key: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes where there is nothing, expired or not. Returns the ETag of what it wrote, or {@link UNKNOWN_ETAG}; `undefined`
   * where it did not write.
   */
  create(key: string, entry: Entry, signal: AbortSignal): Promise<string | undefined>;
  /** Writes over what was read with this ETag; returns as `create` does. */
  replace(key: string, etag: string, entry: Entry, signal: AbortSignal): Promise<string | undefined>;
  /** Removes what has expired, if it is still what was read with this ETag. */
  collect?(key: string, etag: string, signal: AbortSignal): Promise<void>;
}

/** Compare-and-set over ETags: what is the same for every engine that compares them. */
export function etagEngine(entries: TaggedEntries): AtomicEngine {
  const call = <T>(operation: (signal: AbortSignal, attempt: number) => Promise<T>) =>
    remoteCall((error) => entries.isTransient(error), operation);

  async function createOrReplaceExpired(key: string, next: Entry, now: number, signal: AbortSignal) {
    for (;;) {
      const created = await entries.create(key, next, signal);
      if (created !== undefined) return created;
      const held = await entries.find(key, signal);
      // What stood in the way may have been removed in between, or may have expired, and then counts as absent.
      if (held === undefined) continue;
      if (held.expiresAt > now) return undefined;
      const replaced = await entries.replace(key, held.etag, next, signal);
      if (replaced !== undefined) return replaced;
    }
  }

  return {
    load: (key) =>
      call(async (signal) => {
        const held = await entries.find(key, signal);
        if (held === undefined) return undefined;
        if (held.expiresAt <= Date.now()) await entries.collect?.(key, held.etag, signal);
        return { ...held, version: toVersion(held) };
      }),
    put: (key, entry) => call((signal) => entries.put(key, entry, signal)),
    remove: (key) => call((signal) => entries.remove(key, signal)),
    swap: (key, expected, next, now) => {
      const { expiresAt, etag } = fromVersion(expected);
      if (expected !== 'absent' && expiresAt <= now) return undefined;
      return call(async (signal, attempt) => {
        const written =
          expected === 'absent'
            ? await createOrReplaceExpired(key, next, now, signal)
            : await entries.replace(key, etag, next, signal);
        if (written !== undefined) return toVersion({ ...next, etag: written });
        return attempt === 1 ? undefined : toVersion(wroteEarlier(await entries.find(key, signal), next));
      });
    },
  };
}

// A version carries the expiry with it, so a compare-and-set takes one round trip, not two.
function toVersion({ expiresAt, etag }: TaggedEntry): string {
  return `${expiresAt}.${etag}`;
}

function fromVersion(version: string): { readonly expiresAt: number; readonly etag: string } {
  const [, expiresAt, etag] = /^(\d+)\.(.+)$/s.exec(version) ?? [];
  // A version that is none of ours counts as expired long ago: it never wins.
  return etag === undefined ? { expiresAt: 0, etag: '' } : { expiresAt: Number(expiresAt), etag };
}
