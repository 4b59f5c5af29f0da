import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it, type TestContext } from 'vitest';
import { type QueueHarness, queueContract } from '../src/jobs/contract.ts';
import { sqliteQueue } from '../src/jobs/queues/sqlite-queue-node.ts';

const directory = mkdtempSync(join(tmpdir(), 'queue-'));
afterAll(() => rmSync(directory, { recursive: true }));

const unexpected = (error: unknown) => {
  throw error;
};

/** A queue in a file of its own, opened anew with each consumer. */
function harness({ onTestFinished }: TestContext): QueueHarness {
  const path = join(directory, crypto.randomUUID(), 'state.sqlite');
  let queue = sqliteQueue(path);
  onTestFinished(async () => {
    await queue.stop();
    queue.close();
  });
  return {
    queue: { kind: 'sqlite', send: (jobId, delayMs) => queue.send(jobId, delayMs) },
    start: (run) => queue.start(run, unexpected),
    async stop() {
      await queue.stop();
      queue.close();
      queue = sqliteQueue(path);
    },
  };
}

describe.concurrent('the queue in SQLite keeps the contract', () => {
  it.for(queueContract)('$name', ({ run }, test) => run(harness(test)));
});
