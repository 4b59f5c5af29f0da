import type { AtomicStore } from '../state/store.ts';
import { type EventFeed, engineBus } from './engine-bus.ts';
import type { EventBus } from './event-bus.ts';
import { LOG_TTL_SECONDS, logReader, logWriter } from './event-log.ts';

/** How long to wait before the next look: short after an event, longer and longer while there is none. */
const PAUSE_MS = { first: 250, atMost: 2_000, factor: 1.5 };

const KEY = 'events/log';

/**
 * A bus over any atomic store, for engines that cannot call: the last events are a log under one key, which each listening
 * instance looks at up to four times a second, and less often while nothing happens. An event costs a read and a write,
 * whether or not anybody listens; nothing is read while nobody does.
 *
 * @example
 * const bus = pollingBus(azureTableStore(settings));
 */
export function pollingBus(store: AtomicStore): EventBus {
  const publish = logWriter({
    async read() {
      const held = await store.read(KEY);
      return held && { text: held.value, version: held.version };
    },
    swap: async (expected, text) =>
      (await store.compareAndSet(KEY, expected ?? 'absent', text, LOG_TTL_SECONDS)) !== undefined,
  });
  return engineBus('polling', { publish, connect: (feed) => poll(() => store.get(KEY), feed) });
}

function poll(read: () => Promise<string | undefined>, feed: EventFeed): () => void {
  const take = logReader();
  let pause = PAUSE_MS.first;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const look = async () => {
    try {
      const { events, missed } = take(await read());
      feed.up();
      if (missed) feed.missed();
      for (const event of events) feed.deliver(event);
      pause = events.length > 0 ? PAUSE_MS.first : Math.min(pause * PAUSE_MS.factor, PAUSE_MS.atMost);
    } catch (error) {
      feed.down(error);
      pause = PAUSE_MS.atMost;
    }
    if (!isOver) timer = setTimeout(look, pause);
  };
  void look();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
