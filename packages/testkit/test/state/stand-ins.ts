import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { LOOPBACK } from '../../src/launch/port.ts';

/** The URL of a server that takes connections and never answers. */
export async function silentServer(): Promise<string> {
  return await listening(createServer());
}

/** The URL of a server that answers as told, whatever it is asked. */
export async function answeringServer(answer: RequestListener): Promise<string> {
  return await listening(createHttpServer(answer));
}

/**
 * Stands before a server, and loses the answers while it is told to: what is asked arrives there, and the connection
 * breaks when the answer comes back.
 */
export async function losingProxy(target: string): Promise<{ readonly url: string; loseNextAnswer(): void }> {
  const { hostname, port } = new URL(target);
  let losing = false;
  const server = createServer((near) => {
    const far = open(Number(port), hostname);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far);
    far.on('data', (data) => {
      if (losing) {
        losing = false;
        near.destroy();
      } else {
        near.write(data);
      }
    });
  });
  return {
    url: await listening(server),
    loseNextAnswer() {
      losing = true;
    },
  };
}

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://${LOOPBACK}:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
