import { type AtomicStore, InvalidKey, InvalidValue, ValueTooLarge, type Version } from '../store.ts';
import { equal, newKey, patterns, reached, rejects, whole } from './assertions.ts';
import type { StoreCase } from './store-case.ts';

const TTL = 60;
const RACES = 500;

/** What an atomic store does besides. */
export const atomicCases: readonly StoreCase<AtomicStore>[] = [
  {
    name: 'read gives the value with a version, or nothing where there is none',
    async run(store) {
      const key = newKey();
      equal(await store.read(key), undefined, 'what is read of a new key');
      await store.set(key, 'value', TTL);
      const held = await store.read(key);
      equal(held?.value, 'value', 'the value read');
      equal(typeof held?.version, 'string', 'the type of the version');
      equal((await store.read(key))?.version, held?.version, 'the version read again');
      await store.delete(key);
      equal(await store.read(key), undefined, 'what is read of a deleted key');
    },
  },
  {
    name: 'of two writes that expect no value the first wins',
    async run(store) {
      const key = newKey();
      equal(await wrote(store.compareAndSet(key, 'absent', 'first', TTL)), true, 'the first');
      equal(await wrote(store.compareAndSet(key, 'absent', 'second', TTL)), false, 'the second');
      equal(await store.get(key), 'first', 'the value');
    },
  },
  {
    name: 'a write at the right version wins, and gives a new version',
    async run(store) {
      const key = newKey();
      const old = await written(store, key, 'old');
      equal(await wrote(store.compareAndSet(key, old, 'new', TTL)), true, 'the write');
      const held = await store.read(key);
      equal(held?.value, 'new', 'the value');
      equal(held?.version === old, false, 'that the version is still the old one');
    },
  },
  {
    name: 'a compare-and-set gives the version of what it wrote, so that the next one needs no read',
    async run(store) {
      const key = newKey();
      const versions: (Version | 'absent')[] = ['absent'];
      for (const value of ['first', 'second', ...patterns(), 'last']) {
        const written = await store.compareAndSet(key, versions.at(-1) ?? 'absent', value, TTL);
        equal(written, (await store.read(key))?.version, `the version after "${value.slice(0, 10)}" was written`);
        if (written !== undefined) versions.push(written);
      }
      equal(await store.get(key), 'last', 'the value');
      for (const stale of versions.slice(0, -1)) {
        equal(await store.compareAndSet(key, stale, 'stale', TTL), undefined, 'what a write at an old version gives');
      }
    },
  },
  {
    name: 'what a compare-and-set wrote over an expired value has its version, too',
    async run(store) {
      const key = newKey();
      await store.set(key, 'expired', 1);
      await reached(Date.now() + 1000);
      const written = await store.compareAndSet(key, 'absent', 'new', TTL);
      equal(written, (await store.read(key))?.version, 'the version');
      equal(await wrote(store.compareAndSet(key, written ?? 'absent', 'newer', TTL)), true, 'the next write');
      equal(await store.get(key), 'newer', 'the value');
    },
  },
  {
    name: 'a write at a stale version loses and changes nothing',
    async run(store) {
      const key = newKey();
      const stale = await written(store, key, 'first');
      const current = await written(store, key, 'second');
      equal(await wrote(store.compareAndSet(key, stale, 'third', TTL)), false, 'the write');
      equal(await store.get(key), 'second', 'the value');
      equal((await store.read(key))?.version, current, 'the version');
    },
  },
  {
    name: 'the same value written again has another version, also after a deletion',
    async run(store) {
      const key = newKey();
      const versions = [await written(store, key, 'same'), await written(store, key, 'same')];
      await store.delete(key);
      versions.push(await written(store, key, 'same'));
      await store.delete(key);
      await store.compareAndSet(key, 'absent', 'same', TTL);
      const last = await store.read(key);
      if (last) versions.push(last.version);
      equal(new Set(versions).size, 4, 'the number of different versions');
      for (const stale of versions.slice(0, 3)) {
        equal(await wrote(store.compareAndSet(key, stale, 'stale', TTL)), false, 'a write at an old version');
      }
    },
  },
  {
    name: 'a write at the version of a deleted value loses, and one that expects no value wins',
    async run(store) {
      const key = newKey();
      const deleted = await written(store, key, 'value');
      await store.delete(key);
      equal(await wrote(store.compareAndSet(key, deleted, 'stale', TTL)), false, 'the write at the old version');
      equal(await store.get(key), undefined, 'the value after it');
      equal(await wrote(store.compareAndSet(key, 'absent', 'new', TTL)), true, 'the write that expects no value');
    },
  },
  {
    name: 'the version of another key wins nothing',
    async run(store) {
      const [key, other] = [newKey(), newKey()];
      await written(store, key, 'value');
      const foreign = await written(store, other, 'value');
      equal(await wrote(store.compareAndSet(key, foreign, 'stolen', TTL)), false, 'the write');
      equal(await store.get(key), 'value', 'the value');
    },
  },
  {
    name: 'a write at the version of an expired value loses',
    async run(store) {
      const key = newKey();
      await store.set(key, 'value', 1);
      const version = (await store.read(key))?.version;
      await reached(Date.now() + 1000);
      equal(await store.read(key), undefined, 'what is read after the second');
      // Undefined only on a machine so slow that the second had passed before the read.
      if (version) equal(await wrote(store.compareAndSet(key, version, 'stale', TTL)), false, 'the write');
      equal(await store.get(key), undefined, 'the value');
    },
  },
  {
    name: 'of many writes that expect no value over an expired one exactly one wins',
    async run(store) {
      const key = newKey();
      await store.set(key, 'expired', 1);
      await reached(Date.now() + 1000);
      await exactlyOneWins(store, key, 'absent');
    },
  },
  {
    name: 'a compare-and-set sets the time to live anew, longer or shorter',
    async run(store) {
      const [longer, shorter] = [newKey(), newKey()];
      // Two seconds, not one, so that a slow machine still reads the first value in time.
      await store.compareAndSet(longer, await written(store, longer, 'first', 2), 'second', TTL);
      await store.compareAndSet(shorter, await written(store, shorter, 'first'), 'second', 1);
      await reached(Date.now() + 2000);
      equal(await store.get(shorter), undefined, 'the value of the shorter time to live');
      equal(await store.get(longer), 'second', 'the value of the longer time to live');
    },
  },
  {
    name: 'of 50 writes at one version exactly one wins',
    async run(store) {
      const key = newKey();
      await exactlyOneWins(store, key, 'absent');
      const held = await store.read(key);
      await exactlyOneWins(store, key, held?.version ?? 'absent');
    },
  },
  {
    name: 'a counter that 20 workers raise at the same time loses none',
    async run(store) {
      const key = newKey();
      await Promise.all(Array.from({ length: 20 }, () => raise(store, key)));
      equal(await store.get(key), '20', 'the count');
    },
  },
  {
    name: 'large values compared and set at the same time are never mixed, and none is lost',
    async run(store) {
      const key = newKey();
      const seen: (string | undefined)[] = [];
      let wins = 0;
      const write = async (value: string) => {
        for (let won = false; !won; ) {
          const held = await store.read(key);
          seen.push(held?.value);
          won = await wrote(store.compareAndSet(key, held?.version ?? 'absent', value, TTL));
          if (won) wins++;
        }
      };
      await Promise.all(patterns().map(write));
      for (const value of [...seen, await store.get(key)]) whole(value);
      equal(wins, patterns().length, 'the number of writes');
      await store.delete(key);
    },
  },
  {
    name: 'a compare-and-set refuses the same keys, values and times to live as a write',
    async run(store) {
      const key = newKey();
      const swap = (k: string, value: string, ttl: number) => () => store.compareAndSet(k, 'absent', value, ttl);
      await rejects(() => store.read(''), InvalidKey, 'reading an empty key');
      await rejects(swap('', 'value', TTL), InvalidKey, 'an empty key');
      await rejects(swap(key, 'k'.repeat(store.maxValueBytes + 1), TTL), ValueTooLarge, 'a value beyond the maximum');
      await rejects(swap(key, 'lone \ud800', TTL), InvalidValue, 'a lone surrogate');
      await rejects(swap(key, 'value', 0), RangeError, 'a time to live of 0');
      equal(await store.get(key), undefined, 'the value after the refusals');
    },
  },
];

/** For engines in the process or beside it: those over a network race two clients, one case after the other. */
export const raceCase: StoreCase<AtomicStore> = {
  name: `of two commits that race for a record exactly one wins, ${RACES} times`,
  async run(store) {
    const key = newKey();
    let version: Version | 'absent' = 'absent';
    for (let race = 0; race < RACES; race++) {
      const values = [`${race} by one`, `${race} by the other`];
      const won = await Promise.all(values.map((value) => wrote(store.compareAndSet(key, version, value, TTL))));
      equal(won.filter(Boolean).length, 1, `the number of winners of race ${race}`);
      const held = await store.read(key);
      equal(held?.value, values[won.indexOf(true)], `the value after race ${race}`);
      version = held?.version ?? 'absent';
    }
  },
};

async function wrote(written: Promise<Version | undefined>): Promise<boolean> {
  return (await written) !== undefined;
}

async function written(store: AtomicStore, key: string, value: string, ttlSeconds = TTL): Promise<Version> {
  await store.set(key, value, ttlSeconds);
  const held = await store.read(key);
  if (!held) throw new Error(`Expected "${value}" to be there right after it was written; got nothing.`);
  return held.version;
}

async function exactlyOneWins(store: AtomicStore, key: string, expected: Version | 'absent'): Promise<void> {
  const values = Array.from({ length: 50 }, (_, writer) => `writer ${writer}`);
  const won = await Promise.all(values.map((value) => wrote(store.compareAndSet(key, expected, value, TTL))));
  equal(won.filter(Boolean).length, 1, 'the number of winners');
  equal(await store.get(key), values[won.indexOf(true)], 'the value');
}

async function raise(store: AtomicStore, key: string): Promise<void> {
  for (;;) {
    const held = await store.read(key);
    const next = String(Number(held?.value ?? 0) + 1);
    if (await store.compareAndSet(key, held?.version ?? 'absent', next, TTL)) return;
  }
}
