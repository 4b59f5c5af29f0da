import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { close } from '../../engines/listen.ts';
import { endToEndHeaders } from '../../http/end-to-end-headers.ts';
import { listeningPort } from '../../launch/listening-port.ts';
import { LOOPBACK } from '../../launch/port.ts';

/** The instance that one request goes to. */
export interface Turn {
  readonly port: number;
  /** Is called when the request is over: answered to its end, or broken off by either side. */
  over(): void;
}

/** Several instances, and who of them is next. */
export interface Instances {
  next(): Promise<Turn>;
  end(): Promise<void>;
}

/** A load balancer on the loopback interface, at e.g. `http://127.0.0.1:49152`. */
export interface RunningProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Hands each request on to the instance whose turn it is, and knows of no sessions. Bodies go through as they come, both ways;
 * a client that leaves is gone for the instance, too.
 *
 * @param next says whose turn it is, for each request anew
 */
export async function startProxy(next: () => Promise<Turn>): Promise<RunningProxy> {
  const server = createServer((incoming, outgoing) => {
    forward(next, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
      else outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`No instance answered: ${error}\n`);
    });
  });
  const port = await listeningPort(server, LOOPBACK, 0);
  return { url: `http://${LOOPBACK}:${port}`, close: () => close(server) };
}

async function forward(next: () => Promise<Turn>, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const turn = await next();
  try {
    const { method, url: path } = incoming;
    const { host = LOOPBACK } = incoming.headers;
    const sent = request({
      host: LOOPBACK,
      port: turn.port,
      method,
      path,
      headers: { ...endToEndHeaders(incoming), host },
      agent: false,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).on('error', reject);
    });
    if (outgoing.destroyed) sent.destroy();
    outgoing.once('close', () => sent.destroy());
    incoming.pipe(sent);
    const answer = await answered;
    outgoing.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer)).flushHeaders();
    await pipeline(answer, outgoing);
  } finally {
    turn.over();
  }
}
