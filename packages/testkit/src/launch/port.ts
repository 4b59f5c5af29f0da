import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Every app listens here, and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/**
 * Makes sure that nobody listens on a port: a suite would talk to that server, whatever it is, and find it good or bad.
 *
 * @throws {Error} where somebody does
 */
export async function refuseBusyPort(port: number, host = LOOPBACK): Promise<void> {
  const probe = createServer().listen({ port, host, exclusive: true });
  try {
    await once(probe, 'listening');
  } catch (cause) {
    throw new Error(
      `Port ${port} is taken by another process: nothing was launched. Stop that process, or choose another port.`,
      {
        cause,
      },
    );
  }
  probe.close();
  await once(probe, 'close');
}

/**
 * Waits until a port is free again after its process has ended.
 * @throws {Error} where it is not after `ms`
 */
export async function portReleased(port: number, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await refuseBusyPort(port);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
