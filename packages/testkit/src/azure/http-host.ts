import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { forward, InvocationFailed } from './forward.ts';
import type { HostSettings } from './host-settings.ts';
import type { HttpFunction } from './messages.ts';
import type { RouteMatch } from './routes.ts';
import type { Worker } from './worker-process.ts';

/** An app that is loaded. */
export interface LoadedApp {
  readonly worker: Worker;
  readonly settings: HostSettings;
  readonly match: (method: string, path: string) => RouteMatch | undefined;
}

/**
 * The front of the host: finds the function, checks the key it may want, and hands the request on.
 *
 * @param loaded rejects where the app cannot be loaded; whoever loads it says why
 * @param masterKey what opens functions that are not anonymous
 * @param onFailure learns what the host would write to its log: the caller is told nothing
 */
export function httpHost(
  loaded: () => Promise<LoadedApp>,
  masterKey: string,
  onFailure: (error: Error) => void,
): Server {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const app = await loaded().catch(() => undefined);
    // In the words of the real one.
    if (app === undefined) return end(response, 503, 'Function host is not running.');
    const url = new URL(`http://host.invalid${request.url}`);
    const match = app.match(request.method ?? 'GET', url.pathname);
    if (match === undefined) return end(response, 404);
    if (!isAllowed(match.httpFunction, request, url, masterKey)) return end(response, 401);
    await forward(app.worker, match, app.settings.functionTimeoutMs, request, response);
  };
  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      onFailure(error instanceof Error ? error : new Error(String(error)));
      if (response.headersSent) response.destroy();
      else end(response, error instanceof InvocationFailed ? error.status : 500);
    });
  });
}

function isAllowed({ authLevel }: HttpFunction, { headers }: IncomingMessage, url: URL, masterKey: string): boolean {
  return (
    authLevel === 'anonymous' || headers['x-functions-key'] === masterKey || url.searchParams.get('code') === masterKey
  );
}

function end(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
