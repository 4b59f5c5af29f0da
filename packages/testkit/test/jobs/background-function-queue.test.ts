import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  type BackgroundDelivery,
  backgroundFunctionQueue,
  runInBackground,
} from '@mcp-everywhere/platform/jobs/background-function-queue';
import { type QueueHarness, queueContract } from '@mcp-everywhere/platform/jobs/contract';
import getPort from 'get-port';
import { describe, it, onTestFinished } from 'vitest';
import { close, listen } from '../../src/engines/listen.ts';
import { failed } from '../../src/lambda/reply.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { openBackground } from '../../src/netlify/background.ts';

/** What an invocation has: a delivery is told to leave off when it is over. */
const RUN_MS = 2_000;
/** As often as Netlify calls one that failed, and sooner. */
const RETRY_AFTER_SECONDS = [0.1, 0.2];

/** Netlify's part, a function in the background; its invocations are kept in a directory. */
async function harness(): Promise<QueueHarness> {
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-background-'));
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const queue = backgroundFunctionQueue({ url: new URL(`http://${LOOPBACK}:${port}/jobs`), secret: 'not-a-secret' });
  let run: Parameters<QueueHarness['start']>[0] | undefined;
  const open = () =>
    openBackground({
      directory,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      report: () => {},
      async invoke(_name, { body }) {
        const delivery: BackgroundDelivery = JSON.parse(Buffer.from(body).toString());
        if (run === undefined) return failed('NobodyThere', 'Nothing consumes.');
        try {
          await runInBackground(delivery, { run, queue, runMs: RUN_MS });
          return { kind: 'returned', payload: null };
        } catch (error) {
          return failed('Thrown', String(error));
        }
      },
    });
  let background = await open();
  background.close();
  const server = createServer(async (request, response) => {
    await background.accept('jobs', { method: 'POST', target: '/jobs', headers: [], body: await buffer(request) });
    response.writeHead(202).end();
  });
  await listen(server, port);
  onTestFinished(async () => {
    background.close();
    await close(server);
    await rm(directory, { recursive: true, force: true });
  });
  return {
    queue,
    async start(next) {
      run = next;
      background = await open();
    },
    async stop() {
      background.close();
      await background.settled();
    },
  };
}

describe('the queue before a function in the background', () => {
  it.each(queueContract)('$name', async ({ run }) => run(await harness()), 40_000);
});
