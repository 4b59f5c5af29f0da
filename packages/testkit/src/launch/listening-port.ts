import type { Server } from 'node:http';
import { explainListenError } from '@mcp-everywhere/platform/process/lifecycle';

/**
 * Has a server listen.
 *
 * @returns its port: the one that was asked for, or the one it got for 0
 * @throws {Error} with what to do, where somebody has that port
 */
export async function listeningPort(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
