import { type QueueHarness, queueContract } from '@mcp-everywhere/platform/jobs/contract';
import { sqsQueue } from '@mcp-everywhere/platform/jobs/sqs-queue';
import { eventSourceMapping, type Fauxqs, startFauxqs } from '@mcp-everywhere/testkit/lambda';
import { describe, it, onTestFinished } from 'vitest';
import { takeBatch } from '../src/queue.ts';

/** What a function has left: a delivery is told to leave off when three quarters of it are over. */
const REMAINING_MS = 2_000;
const AT_ONCE = 3;

/** An event source mapping that hands the messages of a queue to the function's handler. */
function harness(engine: Fauxqs): QueueHarness {
  const { queueUrl, region, credentials } = engine;
  const queue = sqsQueue({ queueUrl, region, credentials });
  const running = new Set<Promise<unknown>>();
  let end = () => {};
  onTestFinished(() => end());
  return {
    queue,
    start(run) {
      const mapping = eventSourceMapping(
        engine,
        async (event) => {
          const taken = takeBatch(event, { run, queue, remainingMs: REMAINING_MS });
          running.add(taken);
          const payload = await taken.finally(() => running.delete(taken));
          return { kind: 'returned', payload };
        },
        AT_ONCE,
        () => {},
      );
      end = mapping.stop;
    },
    async stop() {
      end();
      await Promise.all(running);
    },
  };
}

describe('the queue in SQS, before this function', () => {
  it.each(queueContract)(
    '$name',
    async ({ run }) => {
      const engine = await startFauxqs({ visibilityTimeoutSeconds: 3, maxReceiveCount: 5 });
      onTestFinished(() => engine.stop());
      await run(harness(engine));
    },
    40_000,
  );
});
