import { DurableObject } from 'cloudflare:workers';
import { currentVersion, type Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import type { AtomicStore } from './store.ts';

/**
 * A stored value takes 2 MB (https://developers.cloudflare.com/durable-objects/platform/limits/), and a string is stored
 * with two bytes a character as soon as one character needs them: 512 KiB of UTF-8 are then 1 MiB.
 */
const MAX_VALUE_BYTES = 512 * 1024;

const ENTRY = 'entry';

/**
 * The object behind one key. Nothing here awaits between comparing and writing, and no other event is delivered while an
 * object awaits its storage: that makes a compare-and-set atomic. Export it from the Worker's entry, and declare it in
 * `wrangler.jsonc`.
 */
export class StateObject extends DurableObject {
  load(): Entry | undefined {
    return this.ctx.storage.kv.get<Entry>(ENTRY);
  }

  async put(entry: Entry): Promise<void> {
    this.#write(entry, await this.ctx.storage.getAlarm());
  }

  async swap(expected: string, next: Entry, now: number): Promise<boolean> {
    const alarm = await this.ctx.storage.getAlarm();
    if (currentVersion(this.load(), now) !== expected) return false;
    this.#write(next, alarm);
    return true;
  }

  /** Leaves nothing behind: `deleteAll` takes the alarm with it (from compatibility date 2026-02-24). */
  async remove(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  /** Runs when the value may have expired. An object without storage no longer exists, and costs nothing. */
  override async alarm(): Promise<void> {
    const held = this.load();
    if (held !== undefined && held.expiresAt > Date.now()) await this.ctx.storage.setAlarm(held.expiresAt);
    else await this.remove();
  }

  // An alarm that comes too early puts itself off, so a renewed time to live costs no second write. The alarm is set
  // without awaiting it: both writes then reach the disk together, and before the answer leaves the object.
  #write(entry: Entry, alarm: number | null): void {
    this.ctx.storage.kv.put(ENTRY, entry);
    if (alarm === null || alarm > entry.expiresAt) void this.ctx.storage.setAlarm(entry.expiresAt);
  }
}

/**
 * State in Durable Objects, one for each key: strongly consistent, and as many as there are keys.
 *
 * @example
 * const store = durableObjectStore(env.STATE);
 */
export function durableObjectStore(namespace: DurableObjectNamespace<StateObject>): AtomicStore {
  return atomicStore(
    'durable-object',
    { maxValueBytes: MAX_VALUE_BYTES },
    {
      load: (key) => namespace.getByName(key).load(),
      put: (key, entry) => namespace.getByName(key).put(entry),
      remove: (key) => namespace.getByName(key).remove(),
      swap: async (key, expected, next, now) =>
        (await namespace.getByName(key).swap(expected, next, now)) ? next.version : undefined,
    },
  );
}
