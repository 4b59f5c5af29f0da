import { atomicStoreContract } from '@mcp-everywhere/platform/state/contract';
import { type RedisStore, redisStore } from '@mcp-everywhere/platform/state/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../src/engines/redis.ts';
import {
  expectCollected,
  expectForeignLeft,
  expectOwnExpiry,
  expectReturn,
  expectScriptByDigest,
  expectStringsKept,
  expectUnavailable,
  expectWritesRefused,
  raceTwoClients,
  redisClient,
} from './redis-cases.ts';

const redisIsThere = await hasRedis();

describe.skipIf(!redisIsThere)('redis', () => {
  let server: RedisServer;
  let store: RedisStore;
  beforeAll(async () => {
    server = await startRedis();
    store = redisStore(server.url);
  });
  afterAll(async () => {
    store.close();
    await server.stop();
  });

  describe.concurrent('keeps the contract', () => {
    it.each(atomicStoreContract)('$name', ({ run }) => run(store));
  });

  it('returns strings that look like JSON as strings', () => expectStringsKept(store));

  it('gives Redis the time to live', () => expectCollected(store, redisClient(server.url)));

  it('sends the script once, and again where Redis has forgotten it', async () => {
    await store.compareAndSet('warm', 'absent', 'value', 60);
    await expectScriptByDigest(store, redisClient(server.url));
  });

  it('sends as one command what is compared and set in one turn', async () => {
    const redis = redisClient(server.url);
    await store.compareAndSet('warm', 'absent', 'value', 60);
    await redis.config('RESETSTAT');
    const written = await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => store.compareAndSet(`turn/${index}`, 'absent', `${index}`, 60)),
      store.compareAndSet('turn/0', 'absent', 'late', 60),
    ]);
    const versions = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => (await store.read(`turn/${index}`))?.version),
    );
    expect(written).toEqual([...versions, undefined]);
    expect(await store.get('turn/0')).toBe('0');
    expect(await redis.info('commandstats')).toMatch(/cmdstat_evalsha:calls=1,/);
  });

  it('sends many and large ones in several commands, and gives each its own answer', async () => {
    const large = 'v'.repeat(store.maxValueBytes);
    const many = Array.from({ length: 200 }, (_, index) => store.compareAndSet(`many/${index}`, 'absent', 'value', 60));
    const few = ['a', 'b'].map((key) => store.compareAndSet(`large/${key}`, 'absent', large, 60));
    expect((await Promise.all([...many, ...few])).filter((version) => version === undefined)).toEqual([]);
    expect(await store.get('large/b')).toBe(large);
    expect(await store.get('many/199')).toBe('value');
  });

  it('fails a compare-and-set alone whose key is none of a string, not those of the same turn', async () => {
    await redisClient(server.url).rpush('state:list', 'foreign');
    const [before, foreign, after] = await Promise.allSettled(
      ['before', 'list', 'after'].map((key) => store.compareAndSet(key, 'absent', 'value', 60)),
    );
    expect([before?.status, after?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(foreign).toMatchObject({
      reason: { name: 'StoreUnavailable', cause: { message: expect.stringContaining('WRONGTYPE') } },
    });
  });

  it('keeps the expiry itself, however late Redis is', () => expectOwnExpiry(store, redisClient(server.url)));

  it('leaves alone what is not its own', () => expectForeignLeft(store, redisClient(server.url)));

  it('lets exactly one of two clients win, 500 times', async () => {
    const other = redisStore(server.url);
    await raceTwoClients(store, other);
    other.close();
  });
});

describe.skipIf(!redisIsThere)('redis in trouble', () => {
  async function started(): Promise<{ readonly server: RedisServer; readonly store: RedisStore }> {
    const server = await startRedis();
    const store = redisStore(server.url);
    onTestFinished(async () => {
      store.close();
      await server.stop();
    });
    return { server, store };
  }

  it('is unavailable while the server is stopped, and works again by itself', async () => {
    const { server, store } = await started();
    await store.set('key', 'value', 60);
    for (let outage = 0; outage < 2; outage++) {
      await server.stop();
      await expectUnavailable(store);
      await expectUnavailable(store);
      await server.start();
      await expectReturn(store);
    }
  });

  it('says why in its cause', async () => {
    const { server, store } = await started();
    await server.stop();
    const cause = { message: expect.stringContaining('ECONNREFUSED') };
    await expect.poll(() => store.get('key').catch((error: unknown) => error)).toMatchObject({ cause });
  });

  it('may be opened before the server is there', async () => {
    const { server } = await started();
    await server.stop();
    const early = redisStore(server.url);
    onTestFinished(() => early.close());
    await expectUnavailable(early);
    await server.start();
    await expectReturn(early);
  });

  it('is unavailable while the server hangs, and works again by itself', async () => {
    const { server, store } = await started();
    await store.set('key', 'value', 60);
    await redisClient(server.url).call('CLIENT', 'PAUSE', '4000', 'ALL');
    await expectUnavailable(store);
    await expectReturn(store);
  });

  it('is there for a process that was busy for longer than a command may take', async () => {
    const { store } = await started();
    await store.set('key', 'value', 60);
    const read = store.get('key');
    // The command is sent, and answered meanwhile.
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    expect(await read).toBe('value');
  });

  it('is unavailable for writes while the memory is full, and tells no value', async () => {
    const { server, store } = await started();
    const redis = redisClient(server.url);
    await redis.config('SET', 'maxmemory', '1');
    await expectWritesRefused(store);
    await redis.config('SET', 'maxmemory', '0');
    await expectReturn(store);
  });

  it('connects anew where the server has become a replica', async () => {
    const { server, store } = await started();
    const redis = redisClient(server.url);
    await store.set('key', 'value', 60);
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await redis.info('stats'))?.[1] ?? Number.NaN);
    const before = await connections();
    await redis.replicaof('127.0.0.1', '1');
    await expect(store.set('key', 'value', 60)).rejects.toThrow('unavailable');
    await expect.poll(connections).toBeGreaterThan(before);
    await redis.replicaof('NO', 'ONE');
    await expectReturn(store);
  });

  it('is unavailable with a wrong password, which it does not tell', async () => {
    const { server } = await started();
    await redisClient(server.url).config('SET', 'requirepass', 'right');
    const url = new URL(server.url);
    url.password = 'hunter2';
    const intruder = redisStore(url.href);
    onTestFinished(() => intruder.close());
    await expectUnavailable(intruder, 'hunter2');
    url.password = 'right';
    const friend = redisStore(url.href);
    onTestFinished(() => friend.close());
    await expectReturn(friend);
  });

  it('is unavailable once it is closed', async () => {
    const { store } = await started();
    store.close();
    await expectUnavailable(store);
  });
});

it.each(['', 'hunter2', 'localhost:6379', 'http://user:hunter2@localhost'])('refuses the address "%s"', (url) => {
  expect(() => redisStore(url)).toThrow(/^The address of Redis is no URL such as redis:(?!.*hunter2)/);
});
