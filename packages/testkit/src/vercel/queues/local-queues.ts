import { createServer } from 'node:http';
import getPort from 'get-port';
import type { Engine } from '../../engines/engine.ts';
import { close, listen } from '../../engines/listen.ts';
import { LOOPBACK } from '../../launch/port.ts';
import { queueApi } from './api.ts';
import { openMessages } from './messages.ts';
import { type Consumer, type Push, pushing } from './pushing.ts';

export interface LocalQueuesOptions<To extends Consumer> {
  /** Keeps the messages for the next start. */
  readonly file: string;
  /** Any text; who does not show it is refused. */
  readonly token: string;
  readonly consumers: readonly To[];
  /** Calls the function; whether it answered with a status of success. */
  readonly push: (to: To, push: Push) => Promise<boolean>;
}

/** Vercel Queues on this machine. `stop` takes its API away, `start` brings it back. */
export interface LocalQueues extends Engine {
  /** Pushes no further message to a function; the API stays. */
  stopPushing(): void;
  /** Ends it, when no function is called any more. */
  close(): Promise<void>;
}

/**
 * Starts what stands in for Vercel Queues. `vercel dev` has one too, but only inside of itself, and in memory: a message
 * that is on its way when that ends is lost.
 */
export async function startLocalQueues<To extends Consumer>(options: LocalQueuesOptions<To>): Promise<LocalQueues> {
  const { file, token, consumers, push } = options;
  const messages = openMessages(file);
  const pushed = pushing({ messages, consumers, push });
  const consumersOf = (topic: string) => consumers.filter((one) => one.topic === topic).map(({ consumer }) => consumer);
  const server = createServer(queueApi({ messages, token, consumersOf, onChange: pushed.look }));
  const port = await getPort({ host: LOOPBACK, reserve: true });
  await listen(server, port);
  pushed.look();

  return {
    url: `http://${LOOPBACK}:${port}`,
    start: () => listen(server, port),
    stop: () => close(server),
    stopPushing: pushed.stop,
    async close() {
      pushed.stop();
      await pushed.settled();
      if (server.listening) await close(server);
      messages.close();
    },
  };
}
