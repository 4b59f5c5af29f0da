import { once } from 'node:events';
import { Server } from 'node:http';
import { LOOPBACK } from '../launch/port.ts';

/** Has a server listen on a port of this machine, also once it has been closed. */
export async function listen(server: Server, port: number): Promise<void> {
  server.listen({ port, host: LOOPBACK, exclusive: true });
  await once(server, 'listening');
}

/** Closes a server with its connections. What the server holds stays, for when it listens again. */
export async function close(server: Server): Promise<void> {
  // Not `server.close()`: dynalite's own throws its tables away.
  Server.prototype.close.call(server);
  server.closeAllConnections();
  await once(server, 'close');
}
