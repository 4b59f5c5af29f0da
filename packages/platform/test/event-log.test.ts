import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../src/events/event-bus.ts';
import { type LogCell, logReader, logWriter } from '../src/events/event-log.ts';
import { pollingBus } from '../src/events/polling.ts';
import { memoryStore } from '../src/state/memory.ts';

const event = (uri: string | number): ServerEvent => ({ kind: 'resource_updated', uri: String(uri) });
const urisOf = (events: readonly ServerEvent[]) => events.map((one) => ('uri' in one ? one.uri : one.kind));

/** A cell that lets others in between reading and writing. */
function memoryCell() {
  let held: { text: string; version: number } | undefined;
  const cell: LogCell<number> = {
    async read() {
      await Promise.resolve();
      return held;
    },
    async swap(expected, text) {
      await Promise.resolve();
      if (held?.version !== expected) return false;
      held = { text, version: (expected ?? 0) + 1 };
      return true;
    },
  };
  return {
    cell,
    text: () => held?.text,
    expire() {
      held = undefined;
    },
  };
}

describe('a log of events', () => {
  it('loses none of fifty that are written at once by fifty', async () => {
    const { cell, text } = memoryCell();
    const take = logReader();
    take(text());
    await Promise.all(Array.from({ length: 50 }, (_, index) => logWriter(cell)(event(index))));
    const { events, missed } = take(text());
    expect(missed).toBe(false);
    expect(urisOf(events).toSorted()).toEqual(Array.from({ length: 50 }, (_, index) => String(index)).toSorted());
  });

  it('is written once for all that come while it is written', async () => {
    const { cell } = memoryCell();
    const swap = vi.fn(cell.swap);
    const write = logWriter({ ...cell, swap });
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(event(index))));
    expect(swap).toHaveBeenCalledTimes(2);
  });

  it('keeps the last 128, and tells a reader that was too slow that there were more', async () => {
    const { cell, text } = memoryCell();
    const [slow, quick] = [logReader(), logReader()];
    slow(text());
    quick(text());
    const write = logWriter(cell);
    for (let index = 0; index < 200; index += 1) {
      await write(event(index));
      if (index % 50 === 49) expect(quick(text())).toMatchObject({ missed: false, events: { length: 50 } });
    }
    const { events, missed } = slow(text());
    expect(missed).toBe(true);
    expect(urisOf(events)).toEqual(Array.from({ length: 128 }, (_, index) => String(72 + index)));
  });

  it('fits into the smallest value that an engine takes, 64 KiB, also where characters are two bytes', async () => {
    const { cell, text } = memoryCell();
    const take = logReader();
    take(text());
    const write = logWriter(cell);
    for (let index = 0; index < 20; index += 1) await write(event('ж'.repeat(5_000)));
    expect(text()?.length).toBeLessThan(32 * 1024);
    expect(take(text())).toMatchObject({ missed: true, events: { length: 4 } });
    await write(event('ж'.repeat(50_000)));
    expect(take(text())).toEqual({ missed: true, events: [] });
  });

  it('that ran out and was begun anew is read from its beginning', async () => {
    const { cell, text, expire } = memoryCell();
    const take = logReader();
    const write = logWriter(cell);
    await write(event('before'));
    take(text());
    expire();
    expect(take(text())).toEqual({ missed: false, events: [] });
    await write(event('after'));
    expect(take(text())).toEqual({ missed: false, events: [event('after')] });
  });

  it('keeps what a newer version wrote for its own readers, and passes over it', async () => {
    const { cell, text } = memoryCell();
    const take = logReader();
    take(text());
    await cell.swap(undefined, JSON.stringify({ id: 'log', last: 1, entries: [{ kind: 'of_next_year' }] }));
    await logWriter(cell)(event('known'));
    expect(take(text())).toEqual({ missed: false, events: [event('known')] });
    expect(text()).toContain('of_next_year');
  });

  it('goes on after a write that failed', async () => {
    const { cell, text } = memoryCell();
    const swap = vi.fn(cell.swap).mockRejectedValueOnce(new Error('The store is down.'));
    const take = logReader();
    take(text());
    const write = logWriter({ ...cell, swap });
    await expect(write(event('lost'))).rejects.toThrow('The store is down.');
    await write(event('kept'));
    expect(take(text())).toEqual({ missed: false, events: [event('kept')] });
  });
});

describe('the bus over a store', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watched() {
    const store = memoryStore();
    const get = vi.fn(store.get);
    return { bus: pollingBus({ ...store, get }), other: pollingBus(store), looks: () => get.mock.calls.length };
  }

  it('looks only while somebody listens, and less often while nothing happens', async () => {
    const { bus, other, looks } = watched();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks()).toBe(0);
    const stop = bus.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    expect(looks()).toBe(3);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(looks()).toBeLessThan(36);
    await other.publish(event('one'));
    await vi.advanceTimersByTimeAsync(2_000);
    const before = looks();
    await other.publish(event('two'));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(looks() - before).toBeGreaterThan(2);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells a listener that slept for longer than the log lives that it may have missed something', async () => {
    const { bus, other } = watched();
    const missed = vi.fn();
    const stop = bus.subscribe(() => {}, missed);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(Date.now() + 120_000);
    await other.publish(event('one'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(missed).toHaveBeenCalledTimes(1);
    stop();
  });
});
