import { type EngineHarness, engineBusContract } from '@mcp-everywhere/platform/events/contract';
import { pollingBus } from '@mcp-everywhere/platform/events/polling';
import { redisBus } from '@mcp-everywhere/platform/events/redis';
import { redisStore } from '@mcp-everywhere/platform/state/redis';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../src/engines/redis.ts';

const redisIsThere = await hasRedis();

// Where tests run side by side, only a test's own context knows which of them has finished.
type Ending = Pick<TestContext, 'onTestFinished'>;

async function ownRedis({ onTestFinished }: Ending): Promise<RedisServer> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

function opened({ onTestFinished }: Ending, url: string) {
  const bus = redisBus(url);
  onTestFinished(() => bus.close());
  return bus;
}

/** How many connections of a Redis have subscribed to something. */
async function subscribers(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    const clients = String(await redis.client('LIST', 'TYPE', 'PUBSUB'));
    return clients.split('\n').filter(Boolean).length;
  } finally {
    redis.disconnect();
  }
}

async function throughRedis(test: Ending): Promise<EngineHarness> {
  const server = await ownRedis(test);
  return {
    one: opened(test, server.url),
    other: opened(test, server.url),
    held: () => subscribers(server.url),
    breakDown: server.stop,
    repair: server.start,
  };
}

async function overAStore(test: Ending): Promise<EngineHarness> {
  const server = await ownRedis(test);
  let reads = 0;
  const open = () => {
    const store = redisStore(server.url);
    test.onTestFinished(() => store.close());
    const get = (key: string) => {
      reads += 1;
      return store.get(key);
    };
    return pollingBus({ ...store, get });
  };
  return {
    one: open(),
    other: open(),
    async held() {
      const before = reads;
      // Who listens has looked by then: the pauses begin with a quarter of a second.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return reads - before;
    },
    breakDown: server.stop,
    repair: server.start,
  };
}

describe.skipIf(!redisIsThere).concurrent('the bus in Redis keeps the contract', () => {
  it.for(engineBusContract)('$name', async ({ run }, test) => run(await throughRedis(test)));
});

describe.skipIf(!redisIsThere).concurrent('the bus over a store keeps the contract, that store being in Redis', () => {
  it.for(engineBusContract)('$name', async ({ run }, test) => run(await overAStore(test)));
});

describe.skipIf(!redisIsThere)('the bus in Redis', () => {
  it('tells nothing to listeners of another database', async (test) => {
    const { url } = await ownRedis(test);
    const heard: unknown[] = [];
    const [own, elsewhere] = [opened(test, `${url}/1`), opened(test, `${url}/2`)];
    const stops = [own, elsewhere].map((bus) => bus.subscribe((event) => heard.push({ by: bus, event })));
    await Promise.all(stops.map((stop) => stop.ready()));
    await own.publish({ kind: 'tools_list_changed' });
    await elsewhere.publish({ kind: 'prompts_list_changed' });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard).toContainEqual({ by: own, event: { kind: 'tools_list_changed' } });
    expect(heard).toContainEqual({ by: elsewhere, event: { kind: 'prompts_list_changed' } });
    for (const stop of stops) stop();
  });

  it('notices a Redis that has fallen silent, and goes on when it speaks again', async (test) => {
    const { url } = await ownRedis(test);
    const bus = opened(test, url);
    const errors: unknown[] = [];
    bus.reportTo((error) => errors.push(error));
    let misses = 0;
    const stop = bus.subscribe(
      () => {},
      () => {
        misses += 1;
      },
    );
    await stop.ready();
    const redis = new Redis(url);
    test.onTestFinished(() => redis.disconnect());
    await redis.client('PAUSE', 8_000, 'ALL');
    await expect.poll(() => errors.map(String), { timeout: 8_000 }).toEqual([expect.stringContaining('"redis"')]);
    expect(misses).toBe(0);
    await expect.poll(() => misses, { timeout: 10_000 }).toBe(1);
    stop();
  });

  it('passes over what is no event of this version', async (test) => {
    const { url } = await ownRedis(test);
    const redis = new Redis(url);
    test.onTestFinished(() => redis.disconnect());
    const bus = opened(test, url);
    const heard: unknown[] = [];
    const stop = bus.subscribe((event) => heard.push(event));
    await stop.ready();
    for (const text of ['{"kind":"of_next_year"}', 'no JSON']) await redis.publish('events:0', text);
    await bus.publish({ kind: 'tools_list_changed' });
    await expect.poll(() => heard).toEqual([{ kind: 'tools_list_changed' }]);
    stop();
  });
});

it('refuses what is no address of a Redis, and does not repeat it', () => {
  expect(() => redisBus('http://user:hunter2@localhost')).toThrow(/^The address of Redis is no URL(?!.*hunter2)/);
});
