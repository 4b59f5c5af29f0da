import type { Server } from 'node:http';

/** Has a server take no new request, and resolves when the running ones are answered. */
export function drained(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // `close` ends the connections that are idle now, but not later.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
  });
}
