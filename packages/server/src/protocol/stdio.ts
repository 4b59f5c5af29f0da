import type { Server, Transport } from '@modelcontextprotocol/server';
import {
  type StdioServerHandle,
  StdioServerTransport,
  serveStdio as serveSdkStdio,
} from '@modelcontextprotocol/server/stdio';
import { type ListenedConnection, listenedUris } from './listened-uris.ts';
import { sdkServer } from './sdk-server.ts';
import type { Service } from './service.ts';

/** Who runs the process owns it: over stdio there is one caller. */
const LOCAL = { id: 'local' };

/**
 * Serves a service on standard input and output, to a client of either era; nothing but protocol goes to standard output.
 *
 * @param wire what carries the messages, where it is not standard input and output
 * @returns a handle that closes the connection
 */
export function serveStdio(service: Service, wire: Transport = new StdioServerTransport()): StdioServerHandle {
  const connection = new AbortController();
  const listened = listenedUris(wire);
  const call = { requestId: 'stdio', principal: LOCAL, signal: () => connection.signal };
  const handle = serveSdkStdio(
    ({ era }) => {
      const server = sdkServer(service, call, era);
      if (era === 'modern') tellOfChanges(server, service, listened);
      return server;
    },
    {
      transport: listened.transport,
      onerror: (error) => service.log.warn('The stdio connection reported an error', { error }),
    },
  );
  return {
    close() {
      connection.abort();
      return handle.close();
    },
  };
}

/** For as long as the connection lasts: the SDK itself passes on only what the client listens to. */
function tellOfChanges(server: Server, { listening }: Service, { uris }: ListenedConnection): void {
  if (!listening.held) return;
  // Rejects where the connection has just ended.
  const tell = (uri: string) => void server.sendResourceUpdated({ uri }).catch(() => {});
  // What happened meanwhile nobody knows: each may have changed.
  const tellOfAll = () => uris().forEach(tell);
  const stop = listening.events.subscribe((event) => {
    if (event.kind === 'resource_updated' && (event.owner ?? LOCAL.id) === LOCAL.id) tell(event.uri);
  }, tellOfAll);
  server.onclose = stop;
  // A client may listen before the bus is there. One that is down says so itself, and later that something was missed.
  stop.ready().then(tellOfAll, () => {});
}
