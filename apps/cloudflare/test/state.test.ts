import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type AtomicStore, StoreUnavailable } from '@mcp-everywhere/platform/state';
import { cloudflareKvStore } from '@mcp-everywhere/platform/state/cloudflare-kv';
import { atomicStoreContract, raceCase, storeContract } from '@mcp-everywhere/platform/state/contract';
import { durableObjectStore, type StateObject } from '@mcp-everywhere/platform/state/durable-object';
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

describe.concurrent('durable-object, where all keys are of one session', () => {
  const store = durableObjectStore(env.STATE);
  const moved = (key: string) => key.replace(/^contract\//, 'sessions/contract/');
  const inSession: AtomicStore = {
    ...store,
    get: (key) => store.get(moved(key)),
    set: (key, value, ttlSeconds) => store.set(moved(key), value, ttlSeconds),
    delete: (key) => store.delete(moved(key)),
    read: (key) => store.read(moved(key)),
    compareAndSet: (key, expected, value, ttlSeconds) => store.compareAndSet(moved(key), expected, value, ttlSeconds),
  };
  // Of the others some are about odd keys, which cannot be moved into a session, and meet the ones above.
  const onlyAtomic = atomicStoreContract.filter((one) => !storeContract.some(({ name }) => name === one.name));
  it.each([...onlyAtomic, raceCase])('$name', ({ run }) => run(inSession));
});

/** What an object holds, by name, and the seconds until its alarm. */
function heldIn(object: DurableObjectStub<StateObject>) {
  return runInDurableObject(object, async (_, { storage }) => {
    const alarm = await storage.getAlarm();
    return {
      names: [...storage.kv.list()].map(([name]) => name),
      alarmInSeconds: alarm === null ? undefined : Math.round((alarm - Date.now()) / 1000),
    };
  });
}

const NOTHING = { names: [], alarmInSeconds: undefined };

describe('the object behind a key', () => {
  const store = durableObjectStore(env.STATE);

  it('deletes all it holds once the value has expired', async () => {
    await store.set('short', 'value', 0.05);
    await expect.poll(() => heldIn(env.STATE.getByName('short'))).toEqual(NOTHING);
  });

  it('puts its alarm off when the time to live has been renewed, and advances it when it was cut short', async () => {
    const object = env.STATE.getByName('renewed');
    await store.set('renewed', 'first', 100);
    await store.set('renewed', 'second', 200);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await store.get('renewed')).toBe('second');
    expect(await heldIn(object)).toMatchObject({ alarmInSeconds: 200 });
    await store.set('renewed', 'third', 50);
    expect(await heldIn(object)).toMatchObject({ alarmInSeconds: 50 });
  });

  it('keeps neither value nor alarm when the key is deleted', async () => {
    await store.set('deleted', 'value', 60);
    await store.delete('deleted');
    expect(await heldIn(env.STATE.getByName('deleted'))).toEqual(NOTHING);
  });

  it.each(['only read', 'sessions/only read'])(
    'stores nothing when "%s", which was never written, is read',
    async (key) => {
      expect(await store.get(key)).toBeUndefined();
      const object = env.STATE.getByName(key.startsWith('sessions/') ? `${key}/` : key);
      const tables = await runInDurableObject(object, (_, { storage }) =>
        storage.sql.exec('PRAGMA table_list').toArray(),
      );
      expect(tables.filter(({ name }) => !String(name).startsWith('sqlite_'))).toEqual([]);
    },
  );

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

describe('the object behind a session', () => {
  const store = durableObjectStore(env.STATE);
  const objectOf = (id: string) => env.STATE.getByName(`sessions/${id}/`);

  it('holds all keys of the session, and none of another', async () => {
    const keys = ['sessions/one', 'sessions/one/events/get-1/0', 'sessions/one/replies/1'];
    for (const key of [...keys, 'sessions/two', 'sessions', 'common/sessions/one']) await store.set(key, key, 60);
    expect(await heldIn(objectOf('one'))).toMatchObject({ names: keys });
    expect(await heldIn(objectOf('two'))).toMatchObject({ names: ['sessions/two'] });
    for (const key of keys) expect(await store.get(key)).toBe(key);
  });

  it('keeps the others when one is deleted, and nothing when it was the last', async () => {
    await store.set('sessions/left', 'record', 60);
    await store.set('sessions/left/replies/1', 'reply', 60);
    await store.delete('sessions/left');
    expect(await heldIn(objectOf('left'))).toMatchObject({ names: ['sessions/left/replies/1'], alarmInSeconds: 60 });
    expect(await store.get('sessions/left/replies/1')).toBe('reply');
    await store.delete('sessions/left/replies/1');
    expect(await heldIn(objectOf('left'))).toEqual(NOTHING);
  });

  it('deletes each value once it has expired, but wakes no more than once a minute, and all at last', async () => {
    const object = objectOf('expiring');
    await store.set('sessions/expiring', 'record', 2);
    await store.set('sessions/expiring/events/1/0', 'event', 0.05);
    await expect.poll(() => heldIn(object)).toEqual({ names: ['sessions/expiring'], alarmInSeconds: 60 });
    expect(await store.get('sessions/expiring')).toBe('record');
    await expect.poll(() => store.get('sessions/expiring'), { timeout: 5_000 }).toBeUndefined();
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await heldIn(object)).toEqual(NOTHING);
  });

  it('has its alarm when the first of its values expires', async () => {
    await store.set('sessions/first', 'record', 200);
    await store.set('sessions/first/replies/1', 'reply', 100);
    await store.set('sessions/first/replies/2', 'reply', 150);
    expect(await heldIn(objectOf('first'))).toMatchObject({ alarmInSeconds: 100 });
  });
});
