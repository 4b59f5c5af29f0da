import { expect, it } from 'vitest';
import { atomicStoreContract } from '../src/state/contract.ts';
import { memoryStore } from '../src/state/memory.ts';
import type { AtomicStore, Version } from '../src/state/store.ts';

/** Stores with one fault each, and the rule that finds it. */
const faults: { fault: string; rule: string; break: (store: AtomicStore) => Partial<AtomicStore> }[] = [
  {
    fault: 'folds the case of keys',
    rule: 'any UTF-8 of 1 to 256 bytes is a key, and no two keys are one',
    break: (store) => ({
      get: (key) => store.get(key.toLowerCase()),
      set: (key, value, ttl) => store.set(key.toLowerCase(), value, ttl),
    }),
  },
  {
    fault: 'strips a byte order mark',
    rule: 'a value comes back as it was written, whatever its characters',
    break: (store) => ({ get: async (key) => (await store.get(key))?.replace(/^\ufeff/, '') }),
  },
  {
    fault: 'cuts large values',
    rule: 'every store takes values of 256 KiB, and says how much it takes at most',
    break: (store) => ({ set: (key, value, ttl) => store.set(key, value.slice(0, 65_536), ttl) }),
  },
  {
    fault: 'expires a second late',
    rule: 'a value lives for its time to live and not a moment longer',
    break: (store) => ({ set: (key, value, ttl) => store.set(key, value, ttl + 1) }),
  },
  {
    fault: 'expires a minute late where the time to live is under a minute',
    rule: 'a write sets the time to live anew, longer or shorter',
    break: (store) => ({ set: (key, value, ttl) => store.set(key, value, ttl > 0 ? Math.max(ttl, 60) : ttl) }),
  },
  {
    fault: 'takes the value as its version',
    rule: 'the same value written again has another version, also after a deletion',
    break: (store) => versionsFromValues(store),
  },
  {
    fault: 'compares and sets in two steps',
    rule: 'of 50 writes at one version exactly one wins',
    break: (store) => ({
      async compareAndSet(key, expected, value, ttl) {
        if (((await store.read(key))?.version ?? 'absent') !== expected) return undefined;
        await store.set(key, value, ttl);
        return (await store.read(key))?.version;
      },
    }),
  },
  {
    fault: 'always writes',
    rule: 'a write at a stale version loses and changes nothing',
    break: (store) => ({
      async compareAndSet(key, _expected, value, ttl) {
        await store.set(key, value, ttl);
        return (await store.read(key))?.version;
      },
    }),
  },
  {
    fault: 'gives another version with a write than with a read',
    rule: 'a compare-and-set gives the version of what it wrote, so that the next one needs no read',
    break: (store) => ({
      async compareAndSet(...args) {
        const written = await store.compareAndSet(...args);
        return written && (`${written} written` as Version);
      },
    }),
  },
];

it.concurrent.each(faults)('the contract finds a store that $fault', async ({ rule, ...fault }) => {
  const sound = memoryStore();
  const broken: AtomicStore = { ...sound, ...fault.break(sound) };
  const found = atomicStoreContract.find(({ name }) => name === rule);
  await expect(found?.run(sound)).resolves.toBeUndefined();
  await expect(found?.run(broken)).rejects.toThrow(/^Expected /);
});

function versionsFromValues(store: AtomicStore): Partial<AtomicStore> {
  const asVersion = (value: string) => `version of ${value}` as Version;
  return {
    async read(key) {
      const value = await store.get(key);
      return value === undefined ? undefined : { value, version: asVersion(value) };
    },
    async compareAndSet(key, expected, value, ttl) {
      const held = await store.get(key);
      if ((held === undefined ? 'absent' : asVersion(held)) !== expected) return undefined;
      await store.set(key, value, ttl);
      return asVersion(value);
    },
  };
}
