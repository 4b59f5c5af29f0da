import { inspect } from 'node:util';
import { AccountSASPermissions, QueueServiceClient } from '@azure/storage-queue';
import { QueueUnavailable, type RunDelivery } from '@mcp-everywhere/platform/jobs';
import { type QueueHarness, queueContract } from '@mcp-everywhere/platform/jobs/contract';
import { type StorageQueue, storageQueue } from '@mcp-everywhere/platform/jobs/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appDirectory } from '../../src/apps/workspace.ts';
import { type QueueSettings, readHostSettings } from '../../src/azure/host-settings.ts';
import { type QueueListener, queueListener } from '../../src/azure/queue-listener.ts';
import { type Azurite, startAzurite } from '../../src/engines/azurite.ts';
import { losingProxy, silentServer } from '../state/stand-ins.ts';

let engine: Azurite;
let settings: QueueSettings;
beforeAll(async () => {
  engine = await startAzurite();
  const { queues } = await readHostSettings(appDirectory('azure'), {});
  // As apps/azure has it, but that nobody waits for half a minute after a failure.
  settings = { ...queues, visibilityTimeoutSeconds: 1 };
});
afterAll(() => engine.stop());

/** A queue of its own, the same whoever asks by way of `url`, and the look of it from outside. */
function ownQueue(queueName = `jobs-${crypto.randomUUID()}`) {
  const at = (url = engine.queues.url) =>
    storageQueue({ queueName, connectionString: engine.connectionString(engine.url, url) });
  const service = QueueServiceClient.fromConnectionString(engine.connectionString(engine.url));
  const client = service.getQueueClient(queueName);
  return {
    queueName,
    at,
    queue: at(),
    service,
    /** The messages that are not hidden, taken. */
    async received() {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
    },
    /** How many there are, hidden or not. */
    length: async () => (await client.getProperties()).approximateMessagesCount,
  };
}

const deliverOnce = (queue: StorageQueue, run: RunDelivery) => queue.deliver('job_1', run, AbortSignal.timeout(60_000));

describe('the queue in Azure Storage, behind the queue trigger', () => {
  function harness(): QueueHarness {
    const { queue, queueName } = ownQueue();
    let listener: QueueListener | undefined;
    let ending = new AbortController();
    return {
      queue,
      start(run) {
        ending = new AbortController();
        listener = queueListener(
          { connectionString: engine.connectionString(engine.url), queueName, settings },
          ({ text }) => queue.deliver(JSON.parse(text).jobId, run, ending.signal),
          () => {},
        );
      },
      async stop() {
        ending.abort();
        await listener?.stop();
      },
    };
  }

  it.each(queueContract)('$name', ({ run }) => run(harness()));
});

describe('the queue in Azure Storage', () => {
  it('is created by the first message, and sent the id of a job and nothing else', async () => {
    const { queue, received } = ownQueue();
    expect(queue.kind).toBe('storage-queue');
    await queue.send('job_1');
    expect(await received()).toEqual([{ jobId: 'job_1' }]);
  });

  it('holds a job back for the delay, or for as long as it can', async () => {
    const { queue, received, length } = ownQueue();
    await queue.send('job_far', 30 * 24 * 3_600_000);
    await queue.send('job_near', 300);
    expect(await received()).toEqual([]);
    await expect.poll(received, { timeout: 10_000 }).toEqual([{ jobId: 'job_near' }]);
    expect(await length()).toBe(2);
  });

  it('has another message behind a delivery while it runs, and none when it is done', async () => {
    const { queue, received, length } = ownQueue();
    await deliverOnce(queue, async () => {
      expect([await length(), await received()]).toEqual([1, []]);
      return { kind: 'done' };
    });
    expect(await length()).toBe(0);
  });

  it('has that message deliver what there is left to do, after the delay', async () => {
    const { queue, received } = ownQueue();
    await deliverOnce(queue, async () => ({ kind: 'again', afterMs: 1_000 }));
    expect(await received()).toEqual([]);
    await expect.poll(received, { timeout: 10_000 }).toEqual([{ jobId: 'job_1' }]);
  });

  it('leaves a delivery that rejects to the trigger', async () => {
    const { queue, length } = ownQueue();
    const rejected = deliverOnce(queue, async () => {
      throw new Error('The store is down.');
    });
    await expect(rejected).rejects.toThrow('The store is down.');
    expect(await length()).toBe(0);
  });

  it('is done with a delivery whose other message has been taken meanwhile', async () => {
    const { queue, service, queueName } = ownQueue();
    for (const kind of ['done', 'again'] as const) {
      await deliverOnce(queue, async () => {
        await service.getQueueClient(queueName).clearMessages();
        return { kind, afterMs: 0 };
      });
    }
  });

  it('is unavailable while it is down or silent, keeps the key to itself, and recovers', async () => {
    const { queue, at, received } = ownQueue();
    await queue.send('job_0');
    await engine.queues.stop();
    for (const broken of [queue, at(await silentServer())]) {
      for (const call of [() => broken.send('job_1'), () => deliverOnce(broken, async () => ({ kind: 'done' }))]) {
        const error: unknown = await call().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(QueueUnavailable);
        expect(error).toMatchObject({ message: expect.stringContaining('"storage-queue"') });
        expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/sig=|Eby8vdM02/);
      }
    }
    await engine.queues.start();
    await queue.send('job_2');
    expect(await received()).toEqual([{ jobId: 'job_2' }]);
  });

  it('sends twice, rather than not at all, where the answer is lost on the way', async () => {
    const { queue, at, received } = ownQueue();
    await queue.send('job_0');
    const proxy = await losingProxy(engine.queues.url);
    proxy.loseNextAnswer();
    await at(proxy.url).send('job_1');
    expect(await received()).toEqual([{ jobId: 'job_0' }, { jobId: 'job_1' }, { jobId: 'job_1' }]);
  });

  it('says in the cause what the service refused', async () => {
    const connectionString = engine.connectionString(engine.url).replace('AccountKey=Eby8', 'AccountKey=Abcd');
    await expect(storageQueue({ queueName: 'jobs', connectionString }).send('job_1')).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/status 403 \(AuthenticationFailed\)/) },
    });
  });
});

describe('the way into the queue', () => {
  it('may be a shared access signature', async () => {
    const { queueName, service, queue, received } = ownQueue();
    await queue.send('job_1');
    const signedFor = (permissions: string) => {
      const expiry = new Date(Date.now() + 60_000);
      const url = service.generateAccountSasUrl(expiry, AccountSASPermissions.parse(permissions), 'co');
      const [QueueEndpoint, SharedAccessSignature] = url.split('?');
      const connectionString = `QueueEndpoint=${QueueEndpoint};SharedAccessSignature=${SharedAccessSignature}`;
      return storageQueue({ queueName, connectionString });
    };
    await deliverOnce(signedFor('acup'), async () => ({ kind: 'done' }));
    await expect(signedFor('r').send('job_2')).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/status 403/) },
    });
    expect(await received()).toEqual([{ jobId: 'job_1' }]);
  });

  it('is not taken without encryption, but on this machine', async () => {
    const elsewhere = storageQueue({
      queueName: 'jobs',
      connectionString: engine.connectionString(engine.url, 'http://queues.example'),
    });
    await expect(elsewhere.send('job_1')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('allowInsecureConnection') },
    });
    const credential = { getToken: async () => ({ token: 'secret', expiresOnTimestamp: Date.now() + 60_000 }) };
    const byToken = storageQueue({ queueName: 'jobs', endpoint: engine.queues.url, credential });
    await expect(byToken.send('job_1')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('not permitted for non-TLS') },
    });
  });

  it.each([
    ['UseDevelopmentStorage', /neither QueueEndpoint nor AccountName/],
    ['DefaultEndpointsProtocol=https;AccountName=account', /neither AccountKey nor SharedAccessSignature/],
  ])('has to be in the connection string: %s', (connectionString, message) => {
    expect(() => storageQueue({ queueName: 'jobs', connectionString })).toThrow(message);
  });
});
