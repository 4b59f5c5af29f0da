import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import { environmentWith } from '../apps/workspace.ts';
import { LOOPBACK, portReleased, refuseBusyPort } from '../launch/port.ts';
import { type ProcessGroup, startGroup } from '../launch/process-group.ts';

/** It takes 20 ms on an idle machine. */
const READY_WITHIN_MS = 10_000;
const PORT_RELEASED_WITHIN_MS = 5_000;

const MISSING =
  'There is no redis-server on this machine: the stores in Redis are NOT tested. Install it with ' +
  '`apt-get install -y --no-install-recommends redis-server`, or `brew install redis`.';

/** A Redis of a test's own, which keeps nothing on disk. */
export interface RedisServer {
  /** e.g. `redis://127.0.0.1:49152` */
  readonly url: string;
  /** Ends it at once, with all it holds, as a crash would. */
  stop(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
}

/**
 * Whether the tests that need a Redis can run. Where they cannot, it says so on standard error.
 *
 * @throws {Error} where they cannot and CI is set: a run that proves less than its name says must not be green
 */
export async function hasRedis(): Promise<boolean> {
  const { failed } = await execa('redis-server', ['--version'], { reject: false });
  if (!failed) return true;
  if (process.env.CI) throw new Error(MISSING);
  process.stderr.write(`\n${MISSING}\n\n`);
  return false;
}

/**
 * Starts a real `redis-server` on a free port of the loopback interface and waits until it takes commands.
 *
 * @throws {Error} with its output, where it does not
 *
 * @example
 * const redis = await startRedis();
 * const store = redisStore(redis.url);
 * await redis.stop();
 */
export async function startRedis(): Promise<RedisServer> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  let group: ProcessGroup | undefined;
  const server: RedisServer = {
    url: `redis://${LOOPBACK}:${port}`,
    async stop() {
      await group?.signal('SIGKILL');
      group = undefined;
      await portReleased(port, PORT_RELEASED_WITHIN_MS);
    },
    async start() {
      await refuseBusyPort(port);
      group = await startGroup({
        file: 'redis-server',
        args: ['--port', String(port), '--bind', LOOPBACK, '--save', '', '--appendonly', 'no'],
        cwd: tmpdir(),
        env: environmentWith({}),
      });
      await ready(group);
    },
  };
  await server.start();
  return server;
}

async function ready(group: ProcessGroup): Promise<void> {
  let ended = false;
  void group.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!group.output().includes('Ready to accept connections')) {
    if (ended || Date.now() > deadline) {
      await group.signal('SIGKILL');
      throw new Error(`redis-server did not get ready within ${READY_WITHIN_MS} ms. Its output:\n${group.output()}`);
    }
    await delay(5);
  }
}
