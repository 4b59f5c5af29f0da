import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import { environmentWith } from '../apps/workspace.ts';
import { LOOPBACK, portReleased, refuseBusyPort } from '../launch/port.ts';
import { type ProcessGroup, startGroup } from '../launch/process-group.ts';
import type { Engine } from './engine.ts';

/** It takes 20 ms on an idle machine. */
const READY_WITHIN_MS = 10_000;
const PORT_RELEASED_WITHIN_MS = 5_000;

const MISSING =
  'There is no redis-server on this machine: the stores in Redis are NOT tested. Install it with ' +
  '`apt-get install -y --no-install-recommends redis-server`, or `brew install redis`.';

/** A Redis of one's own, at e.g. `redis://127.0.0.1:49152`. It is stopped as a crash would: what it holds, the disk has or nobody. */
export type RedisServer = Engine;

/** Whether there is a `redis-server` to start. */
export async function redisIsInstalled(): Promise<boolean> {
  const { failed } = await execa('redis-server', ['--version'], { reject: false });
  return !failed;
}

/**
 * Whether the tests that need a Redis can run. Where they cannot, it says so on standard error.
 *
 * @throws {Error} where they cannot and CI is set: a run that proves less than its name says must not be green
 */
export async function hasRedis(): Promise<boolean> {
  if (await redisIsInstalled()) return true;
  if (process.env.CI) throw new Error(MISSING);
  process.stderr.write(`\n${MISSING}\n\n`);
  return false;
}

/**
 * Starts a real `redis-server` on a free port of the loopback interface and waits until it takes commands.
 *
 * @param options `directory` is an existing directory that keeps what it holds for the next start; without it, memory does
 * @throws {Error} with its output, where it does not
 *
 * @example
 * const redis = await startRedis();
 * const store = redisStore(redis.url);
 * await redis.stop();
 */
export async function startRedis(options: { readonly directory?: string } = {}): Promise<RedisServer> {
  const { directory } = options;
  // The log is written before a command is answered: only a machine that fails loses what is a second old.
  const kept = directory === undefined ? ['--appendonly', 'no'] : ['--dir', resolve(directory), '--appendonly', 'yes'];
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
        args: ['--port', String(port), '--bind', LOOPBACK, '--save', '', ...kept],
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
