import { once } from 'node:events';
import { createServer } from 'node:net';
import { explainListenError } from '@mcp-everywhere/platform/process/lifecycle';

/**
 * The port to serve on, known before anything is started that needs to know it: a free one for 0.
 *
 * @throws {Error} with what to do, where somebody else has it
 */
export async function choosePort(host: string, port: number): Promise<number> {
  const probe = createServer().listen({ host, port, exclusive: true });
  await once(probe, 'listening').catch((error: unknown) => {
    throw explainListenError(error, host, port);
  });
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}
