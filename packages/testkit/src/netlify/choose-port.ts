import { once } from 'node:events';
import { createServer } from 'node:http';
import { listeningPort } from '../launch/listening-port.ts';

/**
 * The port for a program that would take another one where it is taken: a free one for 0.
 *
 * @throws {Error} with what to do, where somebody else has it
 */
export async function choosePort(host: string, port: number): Promise<number> {
  const probe = createServer();
  // Whoever waits for the program is not to take this for it.
  probe.on('connection', (socket) => socket.destroy());
  const chosen = await listeningPort(probe, host, port);
  probe.close();
  await once(probe, 'close');
  return chosen;
}
