import type { Server } from '@modelcontextprotocol/server';
import { type StdioServerHandle, serveStdio as serveSdkStdio } from '@modelcontextprotocol/server/stdio';
import { sdkServer } from './sdk-server.ts';
import type { Service } from './service.ts';

/** Who runs the process owns it: over stdio there is one caller. */
const LOCAL = { id: 'local' };

/**
 * Serves a service on standard input and output, to a client of either era; nothing but protocol goes to standard output.
 *
 * @returns a handle that closes the connection
 */
export function serveStdio(service: Service): StdioServerHandle {
  const connection = new AbortController();
  const call = { requestId: 'stdio', principal: LOCAL, signal: () => connection.signal };
  const handle = serveSdkStdio(
    ({ era }) => {
      const server = sdkServer(service, call, era);
      if (era === 'modern') tellOfChanges(server, service);
      return server;
    },
    { onerror: (error) => service.log.warn('The stdio connection reported an error', { error }) },
  );
  return {
    close() {
      connection.abort();
      return handle.close();
    },
  };
}

/** For as long as the connection lasts: the SDK itself passes on only what the client listens to. */
function tellOfChanges(server: Server, { listening }: Service): void {
  if (!listening.held) return;
  server.onclose = listening.events.subscribe((event) => {
    if (event.kind !== 'resource_updated' || (event.owner ?? LOCAL.id) !== LOCAL.id) return;
    // Rejects where the connection has just ended.
    server.sendResourceUpdated({ uri: event.uri }).catch(() => {});
  });
}
