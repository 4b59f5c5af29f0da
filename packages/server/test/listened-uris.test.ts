import { InMemoryTransport, SUBSCRIPTION_ID_META_KEY } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { listenedUris } from '../src/protocol/listened-uris.ts';

test('a connection keeps the resources of a subscription until it is cancelled', async () => {
  const [client, wire] = InMemoryTransport.createLinkedPair();
  const { transport, uris } = listenedUris(wire);
  const passed: string[] = [];
  transport.onmessage = (message) => 'method' in message && passed.push(message.method);
  await transport.start();
  await client.start();
  const acknowledge = (id: number, ...resourceSubscriptions: string[]) =>
    transport.send({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { resourceSubscriptions }, _meta: { [SUBSCRIPTION_ID_META_KEY]: id } },
    });
  const cancel = (requestId: number) =>
    client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  await acknowledge(1, 'note://a', 'note://b');
  await acknowledge(2, 'note://b', 'note://c');
  expect([...uris()]).toEqual(['note://a', 'note://b', 'note://c']);
  await cancel(1);
  expect([...uris()]).toEqual(['note://b', 'note://c']);
  await cancel(2);
  expect(uris().size).toBe(0);
  expect(passed).toEqual(['notifications/cancelled', 'notifications/cancelled']);
});
