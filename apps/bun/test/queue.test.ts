import { afterAll, describe, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type QueueHarness, queueContract, storeIsDown } from '@mcp-everywhere/platform/jobs/contract';
import { sqliteQueue } from '@mcp-everywhere/platform/jobs/sqlite-queue-bun';

const directory = mkdtempSync(join(tmpdir(), 'queue-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A queue in a file of its own, opened anew with each consumer. */
function harness(): QueueHarness & { close(): void } {
  const path = join(directory, crypto.randomUUID(), 'state.sqlite');
  let queue = sqliteQueue(path);
  return {
    queue: { kind: 'sqlite', send: (jobId, delayMs) => queue.send(jobId, delayMs) },
    start: (run) =>
      queue.start(run, (error) => {
        if (error !== storeIsDown) throw error;
      }),
    async stop() {
      await queue.stop();
      queue.close();
      queue = sqliteQueue(path);
    },
    close: () => queue.close(),
  };
}

describe('the queue in SQLite keeps the contract', () => {
  for (const { name, run } of queueContract) {
    test.concurrent(name, async () => {
      const tested = harness();
      await run(tested);
      tested.close();
    });
  }
});
