import {
  InvalidKey,
  InvalidValue,
  MAX_KEY_BYTES,
  MAX_TTL_SECONDS,
  MIN_VALUE_CAPACITY_BYTES,
  ValueTooLarge,
} from '../store.ts';
import { atLeast, equal, filled, holds, newKey, patterns, reached, rejects, whole } from './assertions.ts';
import type { StoreCase } from './store-case.ts';

const TTL = 60;
const YEAR = 365 * 24 * 60 * 60;

const AWKWARD_KEYS = [
  ' ',
  ' leading and trailing ',
  '.',
  '..',
  '../up',
  'a/b//c/',
  'a\\b',
  'a%2Fb%',
  'a?b=c&d#e',
  'a+b',
  '"quoted" \'twice\'',
  '{hash}:*[tag]',
  'tab\tnew\nline\r\u0000\u0001\u001f\u007f',
  '\ufeffbyte order mark',
  'e\u0301 is not \u00e9',
  '\u00e9 is not e\u0301',
  'Case',
  'case',
  '日本語 🦊👩‍👩‍👧',
  '__proto__',
  'constructor',
  'k'.repeat(MAX_KEY_BYTES),
  '🦊'.repeat(MAX_KEY_BYTES / 4),
  '%'.repeat(MAX_KEY_BYTES),
  '\u0000'.repeat(MAX_KEY_BYTES),
];

const AWKWARD_VALUES = [
  '',
  ' ',
  '\n',
  'null',
  '\ufeffbyte order mark',
  'a\u0000b\u0000',
  '"quoted" \\ \r\n\t\u001f\u007f\u2028\u2029',
  'naïve Ωmega 日本語 🦊👩‍👩‍👧 \uffff \u{10ffff}',
];

/** What holds for every store, an eventually consistent one too. */
export const keyValueCases: readonly StoreCase[] = [
  {
    name: 'a key that was never written has no value',
    async run(store) {
      equal(await store.get(newKey()), undefined, 'the value of a new key');
    },
  },
  {
    name: 'a value comes back as it was written, whatever its characters',
    async run(store) {
      await Promise.all(
        AWKWARD_VALUES.map(async (value) => {
          const key = newKey();
          await store.set(key, value, TTL);
          await holds(store, key, value);
        }),
      );
    },
  },
  {
    name: 'a second write replaces the first',
    async run(store) {
      const key = newKey();
      await store.set(key, 'first, and longer', TTL);
      await store.set(key, 'second', TTL);
      await holds(store, key, 'second');
    },
  },
  {
    name: 'a deleted key has no value, and can be written again',
    async run(store) {
      const key = newKey();
      await store.set(key, 'value', TTL);
      await store.delete(key);
      await holds(store, key, undefined);
      await store.set(key, 'again', TTL);
      await holds(store, key, 'again');
    },
  },
  {
    name: 'deleting a key that is not there is no error',
    async run(store) {
      const key = newKey();
      await store.delete(key);
      await store.delete(key);
    },
  },
  {
    name: 'any UTF-8 of 1 to 256 bytes is a key, and no two keys are one',
    async run(store) {
      // These are keys of all runs: what marks this run is the value.
      const run = crypto.randomUUID();
      await Promise.all(AWKWARD_KEYS.map((key, index) => store.set(key, `${run} ${index}`, TTL)));
      await Promise.all(AWKWARD_KEYS.map((key, index) => holds(store, key, `${run} ${index}`)));
      await Promise.all(AWKWARD_KEYS.map((key) => store.delete(key)));
      await Promise.all(AWKWARD_KEYS.map((key) => holds(store, key, undefined)));
    },
  },
  {
    name: 'an empty key, one of 257 bytes and one with a lone surrogate are refused',
    async run(store) {
      const tooLong = ['k'.repeat(MAX_KEY_BYTES + 1), `${'🦊'.repeat(MAX_KEY_BYTES / 4)}k`, 'é'.repeat(MAX_KEY_BYTES)];
      for (const key of ['', ...tooLong, 'lone \ud800', '\udc00 lone']) {
        await rejects(() => store.get(key), InvalidKey, 'get');
        await rejects(() => store.set(key, 'value', TTL), InvalidKey, 'set');
        await rejects(() => store.delete(key), InvalidKey, 'delete');
      }
    },
  },
  {
    name: 'every store takes values of 256 KiB, and says how much it takes at most',
    async run(store) {
      atLeast(store.maxValueBytes, MIN_VALUE_CAPACITY_BYTES, 'maxValueBytes');
      for (const bytes of [MIN_VALUE_CAPACITY_BYTES, store.maxValueBytes]) {
        // The last one makes an engine that stores two bytes a character as soon as one needs them store twice as much.
        for (const value of [
          filled('k', bytes),
          filled('é', bytes),
          filled('語', bytes),
          `🦊${filled('k', bytes - 4)}`,
        ]) {
          const key = newKey();
          await store.set(key, value, TTL);
          await holds(store, key, value);
          await store.delete(key);
        }
      }
    },
  },
  {
    name: 'a value beyond the maximum is refused, and the former value stays',
    async run(store) {
      const key = newKey();
      await store.set(key, 'former', TTL);
      await rejects(() => store.set(key, filled('k', store.maxValueBytes + 1), TTL), ValueTooLarge, 'ASCII');
      await rejects(() => store.set(key, `${filled('é', store.maxValueBytes)}é`, TTL), ValueTooLarge, 'two bytes each');
      await holds(store, key, 'former');
    },
  },
  {
    name: 'a value that is not well-formed Unicode is refused',
    async run(store) {
      const key = newKey();
      await rejects(() => store.set(key, 'lone \ud800 surrogate', TTL), InvalidValue, 'set');
      equal(await store.get(key), undefined, 'the value after the refusal');
    },
  },
  {
    name: 'a value lives for its time to live and not a moment longer',
    async run(store) {
      const key = newKey();
      const started = Date.now();
      await store.set(key, 'value', 1);
      const written = Date.now();
      const value = await store.get(key);
      // A machine so slow that the second has passed already proves nothing either way.
      if (store.consistency === 'strong' && Date.now() < started + 1000) equal(value, 'value', 'the value at once');
      await reached(written + 1000);
      equal(await store.get(key), undefined, 'the value after its second');
    },
  },
  {
    name: 'a write sets the time to live anew, longer or shorter',
    async run(store) {
      const [longer, shorter] = [newKey(), newKey()];
      await store.set(longer, 'first', 1);
      await store.set(longer, 'second', TTL);
      await store.set(shorter, 'first', TTL);
      await store.set(shorter, 'second', 1);
      await reached(Date.now() + 1000);
      await holds(store, longer, 'second');
      await holds(store, shorter, undefined);
    },
  },
  {
    name: 'an expired key can be written again and deleted',
    async run(store) {
      const [rewritten, deleted] = [newKey(), newKey()];
      await store.set(rewritten, 'first', 1);
      await store.set(deleted, 'first', 1);
      await reached(Date.now() + 1000);
      await store.set(rewritten, 'second', TTL);
      await store.delete(deleted);
      await holds(store, rewritten, 'second');
      equal(await store.get(deleted), undefined, 'the value of the deleted key');
    },
  },
  {
    name: 'a time to live may be a fraction of a second, a year, or the longest there is',
    async run(store) {
      const key = newKey();
      await store.set(key, 'a fraction', 0.25);
      for (const ttlSeconds of [YEAR, MAX_TTL_SECONDS]) {
        await store.set(key, `for ${ttlSeconds}`, ttlSeconds);
        await holds(store, key, `for ${ttlSeconds}`);
      }
      await store.delete(key);
    },
  },
  {
    name: 'a time to live of nothing, less, for ever or no number is refused',
    async run(store) {
      const key = newKey();
      for (const ttlSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, MAX_TTL_SECONDS + 1]) {
        await rejects(() => store.set(key, 'value', ttlSeconds), RangeError, `a time to live of ${ttlSeconds}`);
      }
      equal(await store.get(key), undefined, 'the value after the refusals');
    },
  },
  {
    name: 'values written at the same time are never mixed',
    async run(store) {
      const key = newKey();
      const writers = patterns().map((value) => store.set(key, value, TTL));
      const readers = Array.from({ length: 8 }, () => store.get(key));
      await Promise.all(writers);
      for (const value of [...(await Promise.all(readers)), await store.get(key)]) whole(value);
      await store.delete(key);
    },
  },
];
