import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { QueueSettings } from '../../src/azure/host-settings.ts';
import { type QueueMessage, queueListener } from '../../src/azure/queue-listener.ts';
import { type Azurite, startAzurite } from '../../src/engines/azurite.ts';

const SETTINGS: QueueSettings = {
  batchSize: 2,
  newBatchThreshold: 1,
  maxPollingIntervalMs: 500,
  visibilityTimeoutSeconds: 0,
  maxDequeueCount: 3,
  messageEncoding: 'base64',
};
const WITHIN = { timeout: 10_000 };

let engine: Azurite;
beforeAll(async () => {
  engine = await startAzurite();
});
afterAll(() => engine.stop());

/** A queue of its own, with its poison queue, and a listener to either. */
async function ownQueue(queueName = `work-${crypto.randomUUID()}`, given: Partial<QueueSettings> = {}) {
  const connectionString = engine.connectionString(engine.url);
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const queue = service.getQueueClient(queueName);
  await queue.create();
  const reports: string[] = [];
  return {
    queue,
    poison: service.getQueueClient(`${queueName}-poison`),
    reports,
    send: (text: string) => queue.sendMessage(Buffer.from(text).toString('base64')),
    listen(execute: (message: QueueMessage) => Promise<void>, hiddenSeconds = 30) {
      const options = { connectionString, queueName, settings: { ...SETTINGS, ...given }, hiddenSeconds };
      const listener = queueListener(options, execute, ({ message }) => reports.push(message));
      onTestFinished(() => listener.stop());
      return listener;
    },
  };
}

async function lengthOf(queue: QueueClient): Promise<number | undefined> {
  return (await queue.exists()) ? (await queue.getProperties()).approximateMessagesCount : undefined;
}

/** Holds everything that enters it until it is opened. */
function gate() {
  const opened = Promise.withResolvers<void>();
  let inside = 0;
  return {
    open: opened.resolve,
    inside: () => inside,
    async enter() {
      inside += 1;
      await opened.promise;
      inside -= 1;
    },
  };
}

describe('a message', () => {
  it('is decoded, handed over with what is known of it, and deleted when it is executed', async () => {
    const { queue, send, listen } = await ownQueue();
    const { messageId } = await send('{"größe": 1}');
    const taken: QueueMessage[] = [];
    listen(async (message) => void taken.push(message));
    await expect
      .poll(() => taken, WITHIN)
      .toMatchObject([
        { text: '{"größe": 1}', metadata: { Id: messageId, DequeueCount: 1, PopReceipt: expect.any(String) } },
      ]);
    await expect.poll(() => lengthOf(queue), WITHIN).toBe(0);
  });

  it('that fails is handed over as often as it may be, and then is in the poison queue', async () => {
    const { queue, poison, reports, send, listen } = await ownQueue();
    await send('bad');
    const counts: unknown[] = [];
    listen(async ({ metadata }) => {
      counts.push(metadata.DequeueCount);
      throw new Error('It failed.');
    });
    await expect.poll(() => lengthOf(poison), WITHIN).toBe(1);
    await expect.poll(() => lengthOf(queue), WITHIN).toBe(0);
    expect(counts).toEqual([1, 2, 3]);
    expect(reports).toEqual(['It failed.', 'It failed.', 'It failed.']);
    const { peekedMessageItems } = await poison.peekMessages();
    expect(peekedMessageItems.map(({ messageText }) => atob(messageText))).toEqual(['bad']);
  });

  it('that fails is shown again only when its time-out is over', async () => {
    const { send, listen } = await ownQueue(undefined, { visibilityTimeoutSeconds: 2 });
    await send('late');
    const moments: number[] = [];
    listen(async () => {
      moments.push(Date.now());
      if (moments.length === 1) throw new Error('Not yet.');
    });
    await expect.poll(() => moments.length, WITHIN).toBe(2);
    const [first = 0, second = 0] = moments;
    expect(second - first).toBeGreaterThan(1_900);
  });

  it('that is not in the encoding goes to the poison queue unseen', async () => {
    const { queue, poison, listen } = await ownQueue();
    await queue.sendMessage('{"not": "base64"}');
    const taken: QueueMessage[] = [];
    listen(async (message) => void taken.push(message));
    await expect.poll(() => lengthOf(poison), WITHIN).toBe(1);
    expect(taken).toEqual([]);
  });

  it('is read as it is where the encoding is none', async () => {
    const { queue, listen } = await ownQueue(undefined, { messageEncoding: 'none' });
    await queue.sendMessage('plain');
    const taken: string[] = [];
    listen(async ({ text }) => void taken.push(text));
    await expect.poll(() => taken, WITHIN).toEqual(['plain']);
  });

  it('that fails in a poison queue stays there, hidden', async () => {
    const { queue, poison, reports, send, listen } = await ownQueue(`work-${crypto.randomUUID()}-poison`);
    await send('bad');
    listen(async () => {
      throw new Error('It failed.');
    });
    await expect.poll(() => reports, WITHIN).toEqual(['It failed.']);
    expect([await lengthOf(queue), await lengthOf(poison)]).toEqual([1, undefined]);
    expect((await queue.peekMessages()).peekedMessageItems).toEqual([]);
  });

  it('stays hidden while it is executed, however long that takes', async () => {
    const { queue, send, listen } = await ownQueue();
    await send('slow');
    const { enter, inside, open } = gate();
    let taken = 0;
    const execute = async () => {
      taken += 1;
      await enter();
    };
    listen(execute, 2);
    listen(execute, 2);
    await expect.poll(inside, WITHIN).toBe(1);
    // Longer than it is hidden for.
    await queue.sendMessage(btoa('mark'), { visibilityTimeout: 4 });
    await expect.poll(inside, WITHIN).toBe(2);
    open();
    await expect.poll(() => lengthOf(queue), WITHIN).toBe(0);
    expect(taken).toBe(2);
  });

  it('that somebody else has deleted meanwhile is no failure', async () => {
    const { queue, reports, send, listen } = await ownQueue();
    await send('gone');
    let executed = 0;
    const listener = listen(async () => {
      await queue.clearMessages();
      executed += 1;
    });
    await expect.poll(() => executed, WITHIN).toBe(1);
    await listener.stop();
    expect(reports).toEqual([]);
  });
});

describe('a listener', () => {
  it('has no more with the function than a batch above the threshold', async () => {
    const { queue, send, listen } = await ownQueue();
    await Promise.all(Array.from({ length: 6 }, (_, index) => send(String(index))));
    const { enter, inside, open } = gate();
    let most = 0;
    listen(async () => {
      const entered = enter();
      most = Math.max(most, inside());
      await entered;
    });
    await expect.poll(inside, WITHIN).toBe(2);
    open();
    await expect.poll(() => lengthOf(queue), WITHIN).toBe(0);
    expect(most).toBeLessThanOrEqual(SETTINGS.batchSize + SETTINGS.newBatchThreshold);
  });

  it('waits for its queue to be there', async () => {
    const { queue, reports, listen } = await ownQueue();
    await queue.delete();
    const taken: string[] = [];
    listen(async ({ text }) => void taken.push(text));
    await queue.createIfNotExists();
    await queue.sendMessage(btoa('first'));
    await expect.poll(() => taken, WITHIN).toEqual(['first']);
    expect(reports).toEqual([]);
  });

  it('says once in what way its queue cannot be read, and goes on when it can', async () => {
    const { queue, reports, send, listen } = await ownQueue();
    const taken: string[] = [];
    listen(async ({ text }) => void taken.push(text));
    await engine.queues.stop();
    await expect.poll(() => reports, WITHIN).not.toEqual([]);
    await engine.queues.start();
    // It keeps nothing over a stop.
    await queue.create();
    await send('after');
    await expect.poll(() => taken, WITHIN).toEqual(['after']);
    for (const report of reports) expect(report).toMatch(/^The queue "work-.*" cannot be read: /);
    // A connection may break first, and then be refused.
    expect(new Set(reports).size).toBe(reports.length);
  });

  it('lets what runs end when it stops, and takes no more', async () => {
    const { queue, send, listen } = await ownQueue();
    await send('running');
    const { enter, inside, open } = gate();
    const listener = listen(enter);
    await expect.poll(inside, WITHIN).toBe(1);
    const stopped = listener.stop();
    await send('late');
    open();
    await stopped;
    expect((await queue.peekMessages()).peekedMessageItems.map(({ messageText }) => atob(messageText))).toEqual([
      'late',
    ]);
  });
});
