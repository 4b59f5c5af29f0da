import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { cloudflareKvStore } from '@mcp-everywhere/platform/state/cloudflare-kv';
import { atomicStoreContract, raceCase, storeContract } from '@mcp-everywhere/platform/state/contract';
import { durableObjectStore } from '@mcp-everywhere/platform/state/durable-object';
import { describe, expect, it } from 'vitest';

it('runs on workerd', () => {
  expect(navigator.userAgent).toBe('Cloudflare-Workers');
});

describe.concurrent('cloudflare-kv', () => {
  const store = cloudflareKvStore(env.CACHE);
  it.each(storeContract)('$name', ({ run }) => run(store));

  it('lets KV remove what has expired, a minute after the write at the earliest', async () => {
    const before = Math.floor(Date.now() / 1000);
    await store.set('removed/short', 'value', 1);
    await store.set('removed/long', 'value', 3600);
    const { keys } = await env.CACHE.list({ prefix: 'state:removed/' });
    const [long = 0, short = 0] = keys.map(({ expiration = 0 }) => expiration - before);
    expect(short).toBeGreaterThanOrEqual(60);
    expect(short).toBeLessThan(120);
    expect(long).toBeGreaterThanOrEqual(3600);
    expect(long).toBeLessThan(3660);
  });
});

describe.concurrent('durable-object', () => {
  const store = durableObjectStore(env.STATE);
  it.each([...atomicStoreContract, raceCase])('$name', ({ run }) => run(store));
});

describe('the object behind a key', () => {
  const store = durableObjectStore(env.STATE);

  it('deletes all it holds once the value has expired', async () => {
    await store.set('short', 'value', 0.05);
    const object = env.STATE.getByName('short');
    await expect.poll(() => runInDurableObject(object, (_, { storage }) => [...storage.kv.list()])).toEqual([]);
    expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  it('puts its alarm off when the time to live has been renewed, and advances it when it was cut short', async () => {
    const object = env.STATE.getByName('renewed');
    const alarmInSeconds = () =>
      runInDurableObject(object, async (_, { storage }) => {
        const alarm = await storage.getAlarm();
        return alarm === null ? undefined : Math.round((alarm - Date.now()) / 1000);
      });
    await store.set('renewed', 'first', 100);
    await store.set('renewed', 'second', 200);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await store.get('renewed')).toBe('second');
    expect(await alarmInSeconds()).toBe(200);
    await store.set('renewed', 'third', 50);
    expect(await alarmInSeconds()).toBe(50);
  });

  it('keeps neither value nor alarm when the key is deleted', async () => {
    await store.set('deleted', 'value', 60);
    await store.delete('deleted');
    const object = env.STATE.getByName('deleted');
    expect(await runInDurableObject(object, (_, { storage }) => [...storage.kv.list()])).toEqual([]);
    expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  it('stores nothing when a key that was never written is read', async () => {
    expect(await store.get('only read')).toBeUndefined();
    const object = env.STATE.getByName('only read');
    const tables = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec('PRAGMA table_list').toArray(),
    );
    expect(tables.filter(({ name }) => !String(name).startsWith('sqlite_'))).toEqual([]);
  });

  it('makes the store unavailable when its storage fails', async () => {
    await runInDurableObject(env.STATE.getByName('broken'), (object) => {
      Object.defineProperty(object, 'ctx', {
        get: () => {
          throw new Error('disk failure');
        },
      });
    });
    const error: unknown = await store.get('broken').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ store: 'durable-object', cause: { message: 'disk failure' } });
  });
});
