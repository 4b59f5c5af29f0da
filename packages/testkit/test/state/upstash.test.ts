import type { AtomicStore } from '@mcp-everywhere/platform/state';
import { atomicStoreContract } from '@mcp-everywhere/platform/state/contract';
import { upstashStore } from '@mcp-everywhere/platform/state/upstash';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../src/engines/redis.ts';
import { redisAt, startUpstashFront, type UpstashFront } from '../../src/engines/upstash-front.ts';
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

const adapters = [
  { kind: 'upstash', open: upstashStore },
  { kind: 'vercel-kv', open: vercelKvStore },
] as const;

describe.skipIf(!redisIsThere).each(adapters)('$kind', ({ kind, open }) => {
  let server: RedisServer;
  let front: UpstashFront;
  let store: AtomicStore;
  beforeAll(async () => {
    server = await startRedis();
    front = await startUpstashFront(redisAt(server.url));
    store = open(front);
  });
  afterAll(async () => {
    await front.stop();
    await server.stop();
  });

  it('names itself', () => expect(store.kind).toBe(kind));

  describe.concurrent('keeps the contract', () => {
    it.each(atomicStoreContract)('$name', ({ run }) => run(store));
  });

  it('returns strings that look like JSON as strings', () => expectStringsKept(store));

  it('gives Redis the time to live', () => expectCollected(store, redisClient(server.url)));

  it('sends the script once, and again where Redis has forgotten it', () =>
    expectScriptByDigest(store, redisClient(server.url)));

  it('keeps the expiry itself, however late Redis is', () => expectOwnExpiry(store, redisClient(server.url)));

  it('leaves alone what is not its own', () => expectForeignLeft(store, redisClient(server.url)));

  it('reads by a command that only the primary runs', async () => {
    const redis = redisClient(server.url);
    await redis.config('RESETSTAT');
    await store.get('key');
    const info = await redis.info('commandstats');
    expect(info).toContain('cmdstat_getex:calls=1');
    expect(info).not.toContain('cmdstat_get:');
  });

  it('lets exactly one of two clients win, 500 times', () => raceTwoClients(store, open(front)));

  it('is unavailable with a wrong token, which it does not tell', () =>
    expectUnavailable(open({ url: front.url, token: 'hunter2' }), 'hunter2'));

  it.each(['', 'hunter2', 'redis://localhost', 'https://user:hunter2@localhost'])('refuses the address "%s"', (url) => {
    expect(() => open({ url, token: 'token' })).toThrow(/^The address of Upstash Redis is no URL(?!.*hunter2)/);
  });

  it.each(['', 'hunter2\n', 'hunter2 '])('refuses the token %j, and does not tell it', (token) => {
    expect(() => open({ url: front.url, token })).toThrow(/^The token of Upstash Redis is empty(?!.*hunter2)/);
  });
});

describe.skipIf(!redisIsThere).each(adapters)('$kind in trouble', ({ open }) => {
  async function started() {
    const server = await startRedis();
    const front = await startUpstashFront(redisAt(server.url));
    onTestFinished(async () => {
      await front.stop();
      await server.stop();
    });
    return { server, front, store: open(front) };
  }

  it('is unavailable while nobody answers, and works again by itself', async () => {
    const { front, store } = await started();
    await store.set('key', 'value', 60);
    await front.stop();
    await expectUnavailable(store, front.token);
    await front.start();
    await expectReturn(store);
  });

  it('is unavailable while the database is down, and works again by itself', async () => {
    const { server, front, store } = await started();
    await server.stop();
    await expectUnavailable(store, front.token);
    await server.start();
    await expectReturn(store);
  });

  it('is unavailable while the database hangs, and works again by itself', async () => {
    const { server, store, front } = await started();
    await redisClient(server.url).call('CLIENT', 'PAUSE', '4000', 'ALL');
    await expectUnavailable(store, front.token);
    await expectReturn(store);
  });

  it.each(['request', 'answer'] as const)('repeats a call whose %s was lost on the way', async (lost) => {
    const { front, store } = await started();
    front.loseNext(lost);
    await store.set('key', 'first', 60);
    front.loseNext(lost);
    const held = await store.read('key');
    expect(held?.value).toBe('first');
    front.loseNext(lost);
    expect(await store.compareAndSet('key', held?.version ?? 'absent', 'second', 60)).toBeDefined();
    front.loseNext(lost);
    await store.delete('key');
    expect(await store.get('key')).toBeUndefined();
  });

  it('is unavailable for writes while the memory is full, and tells no value', async () => {
    const { server, store } = await started();
    const redis = redisClient(server.url);
    await redis.config('SET', 'maxmemory', '1');
    await expectWritesRefused(store);
    await redis.config('SET', 'maxmemory', '0');
    await expectReturn(store);
  });
});
