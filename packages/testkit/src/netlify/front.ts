import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { NetlifyBlobs } from '../engines/netlify-blobs.ts';
import { requestUrl } from '../http/request-url.ts';
import { receive, respond } from '../lambda/http-exchange.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import type { Reply } from '../lambda/reply.ts';
import type { BuiltFunction } from './artifact.ts';
import type { Background } from './background.ts';
import { eventOf } from './event.ts';
import { functionFor } from './routing.ts';

/** The functions of a site, and their Netlify Blobs. */
export interface Deployment {
  readonly functions: readonly (BuiltFunction & { readonly running: LocalFunction })[];
  readonly blobs: NetlifyBlobs;
  readonly background: Background;
}

/** An HTTP server that hands each request to the function it is for, once there are functions. */
export function frontOf(deployment: Promise<Deployment>): Server {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { functions, blobs, background } = await deployment;
    const received = await receive(request);
    const url = requestUrl(received.target, `http://${request.headers.host ?? 'localhost'}`);
    if (url === undefined) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end('Bad Request');
      return;
    }
    const called = functionFor(functions, received.method, url.pathname);
    if (called === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found');
      return;
    }
    if (called.invocationMode === 'background') {
      await background.accept(called.name, received);
      response.writeHead(202).end();
      return;
    }
    const outcome = await called.running.invoke(eventOf(received, url, blobs));
    if (outcome.kind !== 'failed') return respond(outcome, response);
    report(outcome);
    refuse(response);
  };

  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      report({ errorType: name, message });
      if (response.headersSent) response.destroy();
      else refuse(response);
    });
  });
}

/** What Netlify would write to the function's log: the caller is told nothing. */
export function report({ errorType, message }: Omit<Extract<Reply, { readonly kind: 'failed' }>, 'kind'>): void {
  process.stderr.write(`${JSON.stringify({ level: 'error', errorType, message })}\n`);
}

function refuse(response: ServerResponse): void {
  response.writeHead(502, { 'content-type': 'text/plain' }).end(`Internal Error. ID: ${randomUUID()}`);
}
