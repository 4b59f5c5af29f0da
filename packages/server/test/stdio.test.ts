import type { Platform } from '@mcp-everywhere/platform';
import type { EventBus } from '@mcp-everywhere/platform/events';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import type { Surface } from '@mcp-everywhere/tools';
import { InMemoryTransport, type JSONRPCMessage, SUBSCRIPTION_ID_META_KEY } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { serveStdio } from '../src/protocol/stdio.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE } from './requests.ts';

const [ONE, OTHER] = ['count://one', 'count://other'];

const surface: Surface = {
  ...fixtureSurface,
  resourceTemplates: [
    {
      name: 'count',
      title: 'Count',
      description: 'A count.',
      mimeType: 'text/plain',
      prefix: 'count://',
      variable: 'name',
      complete: () => [],
      read: async () => undefined,
      changes: async () => true,
    },
  ],
};

/** A bus whose engine is there when the test says so, and away in between. */
function shakyBus() {
  const bus = inProcessBus();
  const { promise: there, resolve: come } = Promise.withResolvers<void>();
  let missed = () => {};
  const events: EventBus = {
    ...bus,
    subscribe(listener, onMissed = () => {}) {
      missed = onMissed;
      return Object.assign(bus.subscribe(listener), { ready: () => there });
    },
  };
  return { events, come, missed: () => missed() };
}

/** A client of the modern era on the connection, and what it was told of: of which resource, on which subscription. */
async function connected(events: EventBus) {
  const platform: Platform = { ...memoryPlatform(), events };
  const { service } = createServer(surface, platform, { loopback: true });
  const [client, wire] = InMemoryTransport.createLinkedPair();
  const handle = serveStdio(service, wire);
  onTestFinished(() => handle.close());
  const received: JSONRPCMessage[] = [];
  client.onmessage = (message) => received.push(message);
  await client.start();
  const request = (id: number, method: string, params: Record<string, unknown>) =>
    client.send({ jsonrpc: '2.0', id, method, params: { ...params, _meta: ENVELOPE } });
  /** Waits for an answer, so that all that came before has been answered too. */
  const answered = async (id: number) => {
    await request(id, 'tools/list', {});
    await expect.poll(() => received.some((message) => 'id' in message && message.id === id)).toBe(true);
  };
  return {
    async listen(id: number, ...uris: string[]) {
      await request(id, 'subscriptions/listen', { notifications: { resourceSubscriptions: uris } });
      await answered(id + 100);
    },
    async leave(id: number) {
      await client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
      await answered(id + 200);
    },
    async told() {
      await answered(received.length + 1_000);
      const notices = received.filter((message) => 'method' in message && message.method.endsWith('/updated'));
      return notices.map(
        (notice) => 'params' in notice && [notice.params?._meta?.[SUBSCRIPTION_ID_META_KEY], notice.params?.uri],
      );
    },
  };
}

test('a client over stdio is told of what is its own or everybody’s, and of nothing that another principal owns', async () => {
  const bus = inProcessBus();
  const { listen, told } = await connected(bus);
  await listen(1, ONE, OTHER);
  await bus.publish({ kind: 'resource_updated', uri: OTHER, owner: 'alice' });
  await bus.publish({ kind: 'resource_updated', uri: ONE, owner: 'local' });
  await bus.publish({ kind: 'resource_updated', uri: ONE });
  expect(await told()).toEqual([
    [1, ONE],
    [1, ONE],
  ]);
});

test('after an outage of the bus a client over stdio is told of all that it still listens to', async () => {
  const { events, come, missed } = shakyBus();
  const { listen, leave, told } = await connected(events);
  come();
  await listen(1, ONE);
  await listen(2, OTHER);
  await listen(3, 'count://left');
  await leave(3);
  missed();
  expect(await told()).toEqual([
    [1, ONE],
    [2, OTHER],
  ]);
});

test('a client over stdio that listens before the bus is there is told of all once it is', async () => {
  const { events, come } = shakyBus();
  const { listen, told } = await connected(events);
  await listen(1, ONE, OTHER);
  expect(await told()).toEqual([]);
  come();
  expect(await told()).toEqual([
    [1, ONE],
    [1, OTHER],
  ]);
});
