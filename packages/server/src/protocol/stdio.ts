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
  const handle = serveSdkStdio(({ era }) => sdkServer(service, call, era), {
    onerror: (error) => service.log.warn('The stdio connection reported an error', { error }),
  });
  return {
    close() {
      connection.abort();
      return handle.close();
    },
  };
}
