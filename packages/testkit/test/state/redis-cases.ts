import { inspect } from 'node:util';
import { type AtomicStore, StoreUnavailable } from '@mcp-everywhere/platform/state';
import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';

/** What the stores in Redis have in common, whichever client reaches it. */

/** The longest that anybody waits for a store that is down. */
const FAILS_WITHIN_MS = 3_000;
const RETURNS_WITHIN_MS = 5_000;
const VALUE = 'a value that is nobody’s business';

/** A connection of the test's own, to look at what is really there and to bring Redis into trouble. */
export function redisClient(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Every call fails in time with an error that names the store and holds neither the value nor any of the secrets. */
export async function expectUnavailable(store: AtomicStore, ...secrets: string[]): Promise<void> {
  const calls = [
    store.get('key'),
    store.read('key'),
    store.set('key', VALUE, 60),
    store.delete('key'),
    store.compareAndSet('key', 'absent', VALUE, 60),
  ];
  await Promise.all(calls.map((call) => expectUnavailableCall(call, store.kind, secrets)));
}

/** A write that Redis refuses fails so, too; what it held can be read all the same. */
export async function expectWritesRefused(store: AtomicStore): Promise<void> {
  await expectUnavailableCall(store.set('key', VALUE, 60), store.kind);
  await expectUnavailableCall(store.compareAndSet('key', 'absent', VALUE, 60), store.kind);
  expect(await store.get('key')).toBeUndefined();
}

async function expectUnavailableCall(call: Promise<unknown>, kind: string, secrets: string[] = []): Promise<void> {
  const started = performance.now();
  const error: unknown = await call.then(
    (result) => `no error, but ${JSON.stringify(result)}`,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).toMatchObject({ store: kind, cause: expect.any(Error) });
  expect(String(error)).toContain(`"${kind}"`);
  expect(performance.now() - started).toBeLessThan(FAILS_WITHIN_MS);
  const shown = inspect(error, { depth: null, showHidden: true });
  for (const secret of [VALUE, ...secrets]) expect(shown).not.toContain(secret);
}

/** The store works again by itself. */
export async function expectReturn(store: AtomicStore): Promise<void> {
  const written = () => store.set('returned', 'value', 60).then(() => 'written', String);
  await expect.poll(written, { timeout: RETURNS_WITHIN_MS, interval: 20 }).toBe('written');
  expect(await store.get('returned')).toBe('value');
}

/** Two clients write at the same version, 500 times: exactly one wins each time, and its value is what is held. */
export async function raceTwoClients(first: AtomicStore, second: AtomicStore): Promise<void> {
  const key = `race/${crypto.randomUUID()}`;
  for (let round = 0; round < 500; round++) {
    const expected = (await first.read(key))?.version ?? 'absent';
    const won = await Promise.all([
      first.compareAndSet(key, expected, `first ${round}`, 60),
      second.compareAndSet(key, expected, `second ${round}`, 60),
    ]);
    expect(won.filter((version) => version !== undefined)).toHaveLength(1);
    expect(await second.get(key)).toBe(won[0] !== undefined ? `first ${round}` : `second ${round}`);
  }
}

/** Values that a client might take for JSON come back as the strings they are. */
export async function expectStringsKept(store: AtomicStore): Promise<void> {
  for (const value of ['123', '1e3', '-0', 'null', 'true', '"quoted"', '{"a":1}', '[1,"2"]', 'OK', 'QUJD']) {
    await store.set('string', value, 60);
    expect(await store.get('string')).toBe(value);
  }
}

/** Redis is told the time to live and removes what has expired, so its memory follows what is alive. */
export async function expectCollected(store: AtomicStore, redis: Redis): Promise<void> {
  await store.set('set', 'value', 60);
  await store.compareAndSet('swapped', 'absent', 'value', 60);
  for (const key of ['state:set', 'state:swapped']) {
    const ttl = await redis.pttl(key);
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
  }
  await store.set('set', 'value', 0.05);
  await expect.poll(() => redis.exists('state:set')).toBe(0);
}

/** What has expired by the clock of whoever asks is gone, also while Redis, by its own, still holds it. */
export async function expectOwnExpiry(store: AtomicStore, redis: Redis): Promise<void> {
  await store.set('expired', 'value', 60);
  const version = (await store.read('expired'))?.version ?? 'absent';
  const [, ...record] = (await redis.get('state:expired'))?.split('\n') ?? [];
  await redis.set('state:expired', [Date.now(), ...record].join('\n'));
  expect(await store.get('expired')).toBeUndefined();
  expect(await store.compareAndSet('expired', version, 'stale', 60)).toBeUndefined();
  expect(await store.compareAndSet('expired', 'absent', 'new', 60)).toBeDefined();
  expect(await store.get('expired')).toBe('new');
}

/** Each compare-and-set is one command by the script's digest; Redis may forget the script at any time. */
export async function expectScriptByDigest(store: AtomicStore, redis: Redis): Promise<void> {
  await redis.config('RESETSTAT');
  await redis.script('FLUSH');
  for (let round = 0; round < 20; round++) {
    expect(await store.compareAndSet(`digest/${round}`, 'absent', 'value', 60)).toBeDefined();
  }
  const [, evals] = /cmdstat_eval:calls=(\d+)/.exec(await redis.info('commandstats')) ?? [];
  expect(Number(evals)).toBe(1);
  const [, digests] = /cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats')) ?? [];
  expect(Number(digests)).toBeGreaterThanOrEqual(19);
}

/** What something else put under the key is neither read as state nor written over by a compare-and-set. */
export async function expectForeignLeft(store: AtomicStore, redis: Redis): Promise<void> {
  await redis.set('state:foreign', VALUE);
  await expectUnavailableCall(store.get('foreign'), store.kind);
  expect(await store.compareAndSet('foreign', 'absent', 'value', 60)).toBeUndefined();
  expect(await redis.get('state:foreign')).toBe(VALUE);
}
