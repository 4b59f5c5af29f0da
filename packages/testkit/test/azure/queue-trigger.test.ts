import { fileURLToPath } from 'node:url';
import { QueueServiceClient } from '@azure/storage-queue';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { environmentWith } from '../../src/apps/workspace.ts';
import { startLocalAzure } from '../../src/azure/local-azure.ts';
import { type Azurite, startAzurite } from '../../src/engines/azurite.ts';
import { LOOPBACK } from '../../src/launch/port.ts';

const APP = fileURLToPath(new URL('./queue-app', import.meta.url));
const WITHIN = { timeout: 10_000 };

let storage: Azurite;
beforeAll(async () => {
  storage = await startAzurite();
});
afterAll(() => storage.stop());

async function started(environment: Record<string, string> = {}) {
  const AzureWebJobsStorage = storage.connectionString(storage.url);
  const service = QueueServiceClient.fromConnectionString(AzureWebJobsStorage);
  const [queue, poison] = [service.getQueueClient('work'), service.getQueueClient('work-poison')];
  for (const each of [queue, poison]) {
    await each.createIfNotExists();
    await each.clearMessages();
  }
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const azure = await startLocalAzure({
    directory: APP,
    host: LOOPBACK,
    port,
    stateDirectory: 'none is used',
    environment: environmentWith({ AzureWebJobsStorage, ...environment }),
  });
  onTestFinished(() => azure.close());
  return {
    azure,
    send: (message: unknown) => queue.sendMessage(btoa(JSON.stringify(message))),
    state: async () => (await fetch(`http://${LOOPBACK}:${port}/api/noted`)).json(),
    poisoned: async () => (await poison.peekMessages()).peekedMessageItems.map(({ messageText }) => atob(messageText)),
  };
}

it('gives a function the message, parsed, and what is known of it', async () => {
  const { send, state } = await started();
  const { messageId } = await send({ a: 1 });
  await expect
    .poll(async () => (await state()).noted, WITHIN)
    .toMatchObject([
      {
        functionName: 'work',
        message: { a: 1 },
        triggerMetadata: { id: messageId, dequeueCount: 1, queueTrigger: { a: 1 }, popReceipt: expect.any(String) },
      },
    ]);
});

it('gives it a message that failed once more, and then to the poison queue', async () => {
  const { send, state, poisoned } = await started();
  await send({ fail: true });
  await expect.poll(poisoned, WITHIN).toEqual(['{"fail":true}']);
  expect((await state()).noted).toHaveLength(2);
});

it('has a message of a worker that ends run in another', async () => {
  const { azure, send, state, poisoned } = await started();
  await send({ exit: true });
  await expect.poll(poisoned, WITHIN).toEqual(['{"exit":true}']);

  await send({ hang: true });
  await expect.poll(async () => (await state()).noted.length, WITHIN).toBe(1);
  const { pid } = await state();
  await azure.killWorker();
  await expect.poll(async () => (await state()).noted[0]?.triggerMetadata.dequeueCount, WITHIN).toBe(2);
  expect((await state()).pid).not.toBe(pid);
});

it('kills the worker when the time of the function is over', async () => {
  const { send, state } = await started({ AzureFunctionsJobHost__functionTimeout: '00:00:02' });
  const { pid } = await state();
  await send({ hang: true });
  await expect.poll(async () => (await state()).pid, WITHIN).not.toBe(pid);
});
