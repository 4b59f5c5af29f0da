import type { AtomicEngine, Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import type { AtomicStore } from './store.ts';

// The limits of Deno KV (https://docs.deno.com/deploy/kv/): a value 64 KiB, an atomic write 800 KiB, a `getMany` 10 keys.
const CHUNK_BYTES = 64 * 1024;
const MAX_CHUNKS = 8;
const MAX_VALUE_BYTES = MAX_CHUNKS * CHUNK_BYTES;
/** Strings are stored with up to two bytes a character; up to this length one fits into its head, beside the expiry. */
const MAX_INLINE_CHARACTERS = 31 * 1024;

type KvKey = (string | number)[];

interface KvEntry {
  readonly value: unknown;
  readonly versionstamp: string | null;
}

interface KvAtomicOperation {
  check(check: { key: KvKey; versionstamp: string | null }): this;
  set(key: KvKey, value: unknown, options: { expireIn: number }): this;
  delete(key: KvKey): this;
  commit(): Promise<{ readonly ok: true; readonly versionstamp: string } | { readonly ok: false }>;
}

/** What the adapter uses of a `Deno.Kv`. */
export interface DenoKv {
  get(key: KvKey): Promise<KvEntry>;
  getMany(keys: KvKey[]): Promise<KvEntry[]>;
  atomic(): KvAtomicOperation;
}

/** The entry under the key itself: the value, or, if it is too large for one entry, how many chunks it was split into. */
interface Head {
  readonly expiresAt: number;
  readonly chunks: number;
  readonly value?: string;
}

/** All that a write has to know of what it replaces. */
interface Held {
  readonly versionstamp: string | null;
  readonly expiresAt: number;
  readonly chunks: number;
}

const ALL_CHUNKS = Array.from({ length: MAX_CHUNKS }, (_, index) => index);

const NOTHING: Held = { versionstamp: null, expiresAt: 0, chunks: 0 };

/**
 * State in Deno KV. The caller opens it (`Deno.openKv`) and closes it.
 *
 * A value over 64 KiB is split into chunks, which are written with their head in one atomic step and read with it in one
 * snapshot (https://docs.deno.com/kv/manual/operations): a reader never sees a mix of two writes.
 *
 * @example
 * const store = denoKvStore(await Deno.openKv());
 */
export function denoKvStore(kv: DenoKv): AtomicStore {
  return atomicStore('deno-kv', { maxValueBytes: MAX_VALUE_BYTES }, denoKvEngine(kv));
}

function denoKvEngine(kv: DenoKv): AtomicEngine {
  async function held(key: string): Promise<Held> {
    const { value, versionstamp } = await kv.get(headKey(key));
    return isHead(value) ? { ...value, versionstamp } : { ...NOTHING, versionstamp };
  }

  /**
   * Writes `next`, or removes the key, if nobody has written since `old`; leaves no chunk of the old value behind. Gives the
   * version of what it wrote, or `undefined` where somebody has.
   */
  async function replace(key: string, old: Held, next?: Entry): Promise<string | undefined> {
    const operation = kv.atomic().check({ key: headKey(key), versionstamp: old.versionstamp });
    const chunks = next === undefined ? [] : split(next.value);
    if (next === undefined) {
      operation.delete(headKey(key));
    } else {
      // Deno KV needs a whole number of at least 1, and removes lazily: the store keeps the expiry itself.
      const options = { expireIn: Math.max(1, next.expiresAt - Date.now()) };
      const head: Head = { expiresAt: next.expiresAt, chunks: chunks.length };
      operation.set(headKey(key), chunks.length === 0 ? { ...head, value: next.value } : head, options);
      for (const [index, chunk] of chunks.entries()) operation.set(chunkKey(key, index), chunk, options);
    }
    for (let index = chunks.length; index < old.chunks; index++) operation.delete(chunkKey(key, index));
    const commit = await operation.commit();
    if (!commit.ok) return undefined;
    const { versionstamp } = commit;
    return toVersion({ versionstamp, expiresAt: next?.expiresAt ?? 0, chunks: chunks.length });
  }

  /** An unconditional write: tried again when another one came between. One of the contenders always succeeds. */
  async function replaceWhateverIsHeld(key: string, next?: Entry): Promise<void> {
    while ((await replace(key, await held(key), next)) === undefined);
  }

  return {
    async load(key) {
      const first = await kv.get(headKey(key));
      if (!isHead(first.value) || first.value.chunks === 0) return toEntry(key, first, []);
      const [head, ...chunks] = await kv.getMany([headKey(key), ...ALL_CHUNKS.map((index) => chunkKey(key, index))]);
      return head && toEntry(key, head, chunks);
    },
    put: (key, entry) => replaceWhateverIsHeld(key, entry),
    remove: (key) => replaceWhateverIsHeld(key),
    async swap(key, expected, next, now) {
      if (expected !== 'absent') {
        const old = fromVersion(expected);
        return old.expiresAt > now ? await replace(key, old, next) : undefined;
      }
      const created = await replace(key, NOTHING, next);
      if (created !== undefined) return created;
      // What stands in the way may have expired, and then counts as absent.
      const old = await held(key);
      return old.expiresAt <= now ? await replace(key, old, next) : undefined;
    },
  };
}

function headKey(key: string): KvKey {
  return ['state', key];
}

function chunkKey(key: string, index: number): KvKey {
  return ['state-chunk', key, index];
}

function split(value: string): Uint8Array[] {
  if (value.length <= MAX_INLINE_CHARACTERS) return [];
  const bytes = new TextEncoder().encode(value);
  return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
    bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  );
}

function toEntry(key: string, { value: head, versionstamp }: KvEntry, chunks: KvEntry[]): Entry | undefined {
  // Deno KV may have removed some chunks of an expired value already, so nobody looks at them.
  if (!isHead(head) || head.expiresAt <= Date.now()) return undefined;
  const version = toVersion({ versionstamp, expiresAt: head.expiresAt, chunks: head.chunks });
  const value = head.value ?? join(key, versionstamp, chunks.slice(0, head.chunks));
  return { value, expiresAt: head.expiresAt, version };
}

function join(key: string, versionstamp: string | null, chunks: KvEntry[]): string {
  // One decoder for all: a character may lie across two chunks. A byte order mark is part of the value.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts = chunks.map((chunk, index) => {
    // One atomic write gives one versionstamp to all that it wrote.
    if (chunk.value instanceof Uint8Array && chunk.versionstamp === versionstamp) {
      return decoder.decode(chunk.value, { stream: true });
    }
    throw new Error(`Chunk ${index} of "${key}" is not of the same write as its head.`);
  });
  return texts.join('') + decoder.decode();
}

// A version carries all that a compare-and-set needs to know of the value it replaces. So it takes one round trip, not
// two, and the database may be an ocean away.
function toVersion({ versionstamp, expiresAt, chunks }: Held): string {
  return `${versionstamp}.${expiresAt}.${chunks}`;
}

function fromVersion(version: string): Held {
  const [, versionstamp, expiresAt, chunks] = /^([0-9a-f]{20})\.(\d+)\.(\d+)$/.exec(version) ?? [];
  // A version that is none of ours counts as expired long ago: it never wins.
  return versionstamp ? { versionstamp, expiresAt: Number(expiresAt), chunks: Number(chunks) } : NOTHING;
}

function isHead(value: unknown): value is Head {
  return typeof value === 'object' && value !== null && 'expiresAt' in value && 'chunks' in value;
}
