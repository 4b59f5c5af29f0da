import { DurableObject } from 'cloudflare:workers';
import { currentVersion, type Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import type { AtomicStore } from './store.ts';

/**
 * A stored value takes 2 MB (https://developers.cloudflare.com/durable-objects/platform/limits/), and a string is stored
 * with two bytes a character as soon as one character needs them: 512 KiB of UTF-8 are then 1 MiB.
 */
const MAX_VALUE_BYTES = 512 * 1024;

/** What the entry is called where a key has an object to itself. */
const ENTRY = 'entry';

/** How all keys of one session begin. */
const SESSION = /^sessions\/[^/]+/;

/** An object that holds many entries is woken once in a while, not by each of them. */
const SWEEP_EVERY_MS = 60_000;

/**
 * The object behind one key, or behind all keys of one session. Nothing here awaits between comparing and writing, and no
 * other event is delivered while an object awaits its storage: that makes a compare-and-set atomic. Export it from the
 * Worker's entry, and declare it in `wrangler.jsonc`.
 */
export class StateObject extends DurableObject {
  // Names come last, and may be missing: for minutes after a deployment an object may run the code it began with
  // (https://developers.cloudflare.com/durable-objects/deployments/durable-objects-code-updates/), and once it had none.
  load(name = ENTRY): Entry | undefined {
    return this.ctx.storage.kv.get<Entry>(name);
  }

  async put(entry: Entry, name = ENTRY): Promise<void> {
    this.#write(name, entry, await this.ctx.storage.getAlarm());
  }

  async swap(expected: string, next: Entry, now: number, name = ENTRY): Promise<boolean> {
    const alarm = await this.ctx.storage.getAlarm();
    if (currentVersion(this.load(name), now) !== expected) return false;
    this.#write(name, next, alarm);
    return true;
  }

  async remove(name = ENTRY): Promise<void> {
    const { kv } = this.ctx.storage;
    kv.delete(name);
    const [left] = kv.list({ limit: 1 });
    if (left === undefined) await this.#end();
  }

  /** Runs when an entry may have expired, and removes all that have. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage;
    const now = Date.now();
    const expired: string[] = [];
    let nextExpiry = Number.POSITIVE_INFINITY;
    for (const [name, { expiresAt }] of kv.list<Entry>()) {
      if (expiresAt > now) nextExpiry = Math.min(nextExpiry, expiresAt);
      else expired.push(name);
    }
    if (nextExpiry === Number.POSITIVE_INFINITY) return this.#end();
    for (const name of expired) kv.delete(name);
    await this.ctx.storage.setAlarm(Math.max(nextExpiry, now + SWEEP_EVERY_MS));
  }

  // An alarm that comes too early puts itself off, so a renewed time to live costs no second write. The alarm is set
  // without awaiting it: both writes then reach the disk together, and before the answer leaves the object.
  #write(name: string, entry: Entry, alarm: number | null): void {
    this.ctx.storage.kv.put(name, entry);
    if (alarm === null || alarm > entry.expiresAt) void this.ctx.storage.setAlarm(entry.expiresAt);
  }

  /**
   * Leaves nothing behind: `deleteAll` takes the alarm with it (from compatibility date 2026-02-24). An object without
   * storage no longer exists, and costs nothing.
   */
  #end(): Promise<void> {
    return this.ctx.storage.deleteAll();
  }
}

/**
 * State in Durable Objects: strongly consistent, and as many as there are keys, but one for all that belongs to a session.
 *
 * @example
 * const store = durableObjectStore(env.STATE);
 */
export function durableObjectStore(namespace: DurableObjectNamespace<StateObject>): AtomicStore {
  const objectOf = (key: string) => namespace.getByName(objectName(key));
  return atomicStore(
    'durable-object',
    { maxValueBytes: MAX_VALUE_BYTES },
    {
      load: (key) => objectOf(key).load(entryName(key)),
      put: (key, entry) => objectOf(key).put(entry, entryName(key)),
      remove: (key) => objectOf(key).remove(entryName(key)),
      swap: async (key, expected, next, now) =>
        (await objectOf(key).swap(expected, next, now, entryName(key))) ? next.version : undefined,
    },
  );
}

/**
 * An object serves one request at a time, so keys share one only where they are one client's: those of a session do. Its
 * object is called as no key of an earlier release was, each of which had an object to itself.
 */
function objectName(key: string): string {
  const session = SESSION.exec(key)?.[0];
  return session === undefined ? key : `${session}/`;
}

function entryName(key: string): string {
  return SESSION.test(key) ? key : ENTRY;
}
