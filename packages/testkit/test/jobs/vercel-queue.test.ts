import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createJobRunner, createJobs, QueueUnavailable, type RunDelivery } from '@mcp-everywhere/platform/jobs';
import { type QueueHarness, queueContract } from '@mcp-everywhere/platform/jobs/contract';
import { vercelQueue } from '@mcp-everywhere/platform/jobs/vercel-queue';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { QueueClient } from '@vercel/queue';
import { describe, expect, it, type TestContext } from 'vitest';
import { startLocalQueues } from '../../src/vercel/queues/local-queues.ts';
import type { Push } from '../../src/vercel/queues/pushing.ts';
import { answeringServer, losingProxy, silentServer } from '../state/stand-ins.ts';

const TOKEN = 'hunter2-oidc';
const TRIGGER = { topic: 'jobs', consumer: 'api_Sjobs_Djs', retryAfterSeconds: 1 };
const CLIENT = { region: 'dev1', deploymentId: 'dpl_1', token: TOKEN };

const unexpected = (error: unknown): void => {
  throw error;
};

type Handler = (request: Request) => Promise<Response>;

function asRequest({ headers, body }: Push): Request {
  return new Request('https://mcp.example.com/api/jobs', { method: 'POST', headers, body: Uint8Array.from(body) });
}

// Where tests run side by side, only a test's own context knows which of them has finished.
type Ending = Pick<TestContext, 'onTestFinished'>;

/** Local queues, and one deployment whose function is `function`, while it has one. */
async function started({ onTestFinished }: Ending) {
  const directory = await mkdtemp(join(tmpdir(), 'vercel-queue-'));
  const deployment: { function?: Handler } = {};
  const pushes: Push[] = [];
  const queues = await startLocalQueues({
    file: join(directory, 'queues.sqlite'),
    token: TOKEN,
    consumers: [TRIGGER],
    async push(_to, push) {
      pushes.push(push);
      return (await deployment.function?.(asRequest(push)))?.ok ?? false;
    },
  });
  onTestFinished(async () => {
    await queues.close();
    await rm(directory, { recursive: true });
  });
  return { deployment, pushes, queues };
}

const queueAt = (url: string) => vercelQueue({ ...CLIENT, topic: TRIGGER.topic, url: new URL(url) });

/** A consumer ends as a function's instance does; what it was given is pushed again. */
async function harness(test: Ending): Promise<QueueHarness> {
  const { deployment, queues } = await started(test);
  const queue = queueAt(queues.url);
  const running = new Set<Promise<unknown>>();
  let ending = new AbortController();
  test.onTestFinished(() => ending.abort());
  return {
    queue,
    start(run) {
      ending = new AbortController();
      const { signal } = ending;
      const ended: RunDelivery = (jobId, stop) => {
        const ran = run(jobId, AbortSignal.any([signal, ...(stop === undefined ? [] : [stop])]));
        running.add(ran.catch(() => {}));
        return ran;
      };
      deployment.function = queue.consumer(ended, { runMs: 60_000, onError: () => {} });
    },
    async stop() {
      delete deployment.function;
      ending.abort();
      await Promise.all(running);
    },
  };
}

/** A delivery that nobody could run is made again only after a while, and many share the machine. */
const CASE = { timeout: 60_000 };

describe.concurrent('the queue at Vercel keeps the contract', () => {
  it.for(queueContract)('$name', CASE, async ({ run }, test) => run(await harness(test)));
});

describe('a job sent by Vercel Queues', () => {
  it('is its id, and nothing else', async (test) => {
    const { queues, pushes } = await started(test);
    const queue = queueAt(queues.url);
    expect(queue.kind).toBe('vercel-queues');
    await queue.send('job_1');
    await expect
      .poll(() => pushes.map(({ body }) => JSON.parse(Buffer.from(body).toString())))
      .toEqual([{ jobId: 'job_1' }]);
  });

  it('may wait longer than a message is kept: it then comes too early', async (test) => {
    const { queues, pushes } = await started(test);
    await queueAt(queues.url).send('job_1', 3 * 24 * 60 * 60 * 1000);
    await queueAt(queues.url).send('job_2');
    await expect.poll(() => pushes.length).toBe(1);
  });

  it('is refused while Vercel Queues are down, silent or unwilling, without a word of the token, and sent when they are back', async (test) => {
    const { queues, pushes } = await started(test);
    const queue = queueAt(queues.url);
    const unwilling = await answeringServer((_request, response) => response.writeHead(403).end('Not this project'));
    await queues.stop();
    for (const broken of [queue, queueAt(await silentServer()), queueAt(unwilling)]) {
      const error: unknown = await broken.send('job_1').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(QueueUnavailable);
      expect(error).toMatchObject({ message: expect.stringContaining('"vercel-queues"') });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(TOKEN);
    }
    await queues.start();
    await queue.send('job_2');
    await expect.poll(() => pushes.length).toBe(1);
  });

  it('is refused where Vercel gives no OIDC token, and the cause says so', async (test) => {
    const { queues } = await started(test);
    const { token: _, ...untrusted } = CLIENT;
    const queue = vercelQueue({ ...untrusted, topic: TRIGGER.topic, url: new URL(queues.url) });
    await expect(queue.send('job_1')).rejects.toMatchObject({
      name: 'QueueUnavailable',
      cause: { message: expect.stringContaining('Failed to get OIDC token') },
    });
  });

  it('is sent twice, rather than not at all, where the answer is lost on the way', async (test) => {
    const { queues, pushes } = await started(test);
    const proxy = await losingProxy(queues.url);
    proxy.loseNextAnswer();
    await queueAt(proxy.url).send('job_1');
    await expect.poll(() => pushes.length).toBe(2);
  });

  it('is left off before the time of the function is over, and goes on in another delivery', async (test) => {
    const { deployment, queues } = await started(test);
    const queue = queueAt(queues.url);
    const ends: string[] = [];
    const finished = Promise.withResolvers<void>();
    deployment.function = queue.consumer(
      async (_jobId, stop) => {
        if (ends.push('begun') === 3) finished.resolve();
        else await new Promise((resolve) => stop?.addEventListener('abort', resolve));
        return ends.length < 3 ? { kind: 'again', afterMs: 0 } : { kind: 'done' };
      },
      { runMs: 50, onError: () => {} },
    );
    await queue.send('job_1');
    await finished.promise;
  });

  it('comes again where the store is down, and the log learns why each time', async (test) => {
    const { deployment, queues, pushes } = await started(test);
    const queue = queueAt(queues.url);
    const errors: string[] = [];
    deployment.function = queue.consumer(
      async () => {
        if (errors.length < 2) throw new Error('The store is down.');
        return { kind: 'done' };
      },
      { runMs: 60_000, onError: (error) => errors.push(String(error)) },
    );
    await queue.send('job_1');
    await expect.poll(() => pushes.length, { timeout: 10_000 }).toBe(3);
    expect(errors).toEqual(['Error: The store is down.', 'Error: The store is down.']);
    expect(pushes.map(({ headers }) => headers['ce-vqsdeliverycount'])).toEqual(['1', '2', '3']);
  });

  it('is recorded as failed where its code fails each time', async (test) => {
    const { deployment, queues } = await started(test);
    const queue = queueAt(queues.url);
    const store = memoryStore();
    const causes: unknown[] = [];
    const poison = async () => Promise.reject(new Error('poison'));
    const run = createJobRunner({
      store,
      code: new Map([['poison', poison]]),
      onFailure: (_job, error) => causes.push(error),
      onEnd: () => {},
    });
    deployment.function = queue.consumer(run, { runMs: 60_000, onError: unexpected });
    const jobs = createJobs(store, queue);
    const { id } = await jobs.submit({ kind: 'poison', owner: 'alice', input: {} });
    await expect.poll(async () => (await jobs.get(id, 'alice'))?.status, { timeout: 10_000 }).toBe('failed');
    expect(await jobs.get(id, 'alice')).toMatchObject({
      failures: 3,
      error: expect.stringContaining('3 times in a row'),
    });
    expect(causes).toEqual(Array(3).fill(new Error('poison')));
  });

  it('is dropped where it is no job, and the log learns of it', async (test) => {
    const { deployment, queues, pushes } = await started(test);
    const queue = queueAt(queues.url);
    const errors: string[] = [];
    const ran: string[] = [];
    deployment.function = queue.consumer(
      async (jobId) => {
        ran.push(jobId);
        return { kind: 'done' };
      },
      { runMs: 60_000, onError: (error) => errors.push(String(error)) },
    );
    const client = new QueueClient({ ...CLIENT, resolveBaseUrl: () => new URL(queues.url) });
    await client.send(TRIGGER.topic, { job: 'job_1' });
    await expect.poll(() => errors).toEqual([expect.stringMatching(/^Error: The message .* is dropped\.$/)]);
    // Later than the other would come again.
    await client.send(TRIGGER.topic, { jobId: 'job_2' }, { delaySeconds: 2 });
    await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['job_2']);
    expect(pushes).toHaveLength(2);
  });
});
