import { type EventFeed, engineBus } from './engine-bus.ts';
import type { EventBus } from './event-bus.ts';
import { LOG_TTL_SECONDS, logReader, logWriter } from './event-log.ts';

/** What failed for want of Deno KV is tried again when that may be back. */
const RETRY_MS = 1_000;

const KEY = ['events'] as const;

interface Held {
  readonly value: unknown;
  readonly versionstamp: string | null;
}

interface KvAtomicOperation {
  check(check: { key: typeof KEY; versionstamp: string | null }): this;
  set(key: typeof KEY, text: string, options: { expireIn: number }): this;
  commit(): Promise<{ readonly ok: boolean }>;
}

/** What the bus uses of a `Deno.Kv`. */
interface DenoKv {
  get(key: typeof KEY): Promise<Held>;
  atomic(): KvAtomicOperation;
  watch(keys: [typeof KEY]): ReadableStream<[Held]>;
}

/**
 * A bus through Deno KV: the last events are a log under one key, which listening instances watch.
 *
 * @example
 * const bus = denoKvBus(await Deno.openKv());
 */
export function denoKvBus(kv: DenoKv): EventBus {
  const publish = logWriter<string>({
    async read() {
      const { value, versionstamp } = await kv.get(KEY);
      return typeof value === 'string' && versionstamp !== null ? { text: value, version: versionstamp } : undefined;
    },
    async swap(expected, text) {
      const checked = kv.atomic().check({ key: KEY, versionstamp: expected ?? null });
      return (await checked.set(KEY, text, { expireIn: LOG_TTL_SECONDS * 1000 }).commit()).ok;
    },
  });
  return engineBus('deno-kv', { publish, connect: (feed) => watch(kv, feed) });
}

function watch(kv: DenoKv, feed: EventFeed): () => void {
  const take = logReader();
  let reader: ReadableStreamDefaultReader<[Held]> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const follow = async () => {
    try {
      reader = kv.watch([KEY]).getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        const [{ value }] = next.value;
        const { events, missed } = take(typeof value === 'string' ? value : undefined);
        feed.up();
        if (missed) feed.missed();
        for (const event of events) feed.deliver(event);
      }
      feed.down(new Error('Deno KV has ended the watch.'));
    } catch (error) {
      feed.down(error);
    }
    if (!isOver) timer = setTimeout(follow, RETRY_MS);
  };
  void follow();
  return () => {
    isOver = true;
    clearTimeout(timer);
    // One that has failed cannot be cancelled any more.
    reader?.cancel().catch(() => {});
  };
}
