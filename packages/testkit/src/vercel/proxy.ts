import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { finished } from 'node:stream/promises';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { endToEndHeaders } from '../http/end-to-end-headers.ts';
import { requestUrl } from '../http/request-url.ts';
import { LOOPBACK } from '../launch/port.ts';
import type { BuiltFunction } from './build-output.ts';
import { type Instance, takeFor } from './instance.ts';
import type { LocalFunction } from './local-function.ts';
import type { Destination } from './routing.ts';

const MAX_BODY_BYTES = Number(LIMITS.vercel.requestBodyBytes.default);

/** What Vercel answers in the function's place: https://vercel.com/docs/errors */
const ERRORS = {
  NOT_FOUND: 404,
  FUNCTION_PAYLOAD_TOO_LARGE: 413,
  FUNCTION_INVOCATION_FAILED: 500,
  FUNCTION_INVOCATION_TIMEOUT: 504,
} as const;

/** Where the requests of a deployment go. */
export interface Deployment {
  destinationOf(pathname: string): Destination;
  running(built: BuiltFunction): Promise<LocalFunction>;
  /** What functions show to Vercel's own services. */
  readonly oidcToken: string;
}

/**
 * An HTTP server that hands requests to the functions of a deployment as Vercel's own does: routed, with its headers, within
 * its limits on the body and on time. Not done: caching, compression, the firewall, Deployment Protection.
 */
export function proxyOf({ destinationOf, running, oidcToken }: Deployment): Server {
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const id = `dev1::dev1::${randomBytes(10).toString('hex')}`;
    const url = requestUrl(incoming.url, `http://${incoming.headers.host}`);
    if (url === undefined) {
      outgoing.writeHead(400, { 'x-vercel-id': id }).end();
      return;
    }
    const destination = destinationOf(url.pathname);
    if ('status' in destination) return refuse(outgoing, 'NOT_FOUND', id);
    const body = await received(incoming);
    if (body === undefined) return refuse(outgoing, 'FUNCTION_PAYLOAD_TOO_LARGE', id);
    const instance = await (await running(destination)).instance();
    if (instance === undefined) return refuse(outgoing, 'FUNCTION_INVOCATION_FAILED', id);
    if (outgoing.destroyed) return;
    const headers = headersOf(incoming, body, { id, oidcToken });
    await forward({ incoming, outgoing, body, headers, id, instance, built: destination });
  };
  return createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => {
      // A client that leaves while it still sends is nobody's failure.
      if (!incoming.destroyed) log(`The request failed: ${error}`);
      outgoing.destroy();
    });
  });
}

/** The whole body: Vercel hands over no request before it has it. `undefined` where it is too large. */
async function received(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

interface Forwarded {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Buffer;
  readonly headers: OutgoingHttpHeaders;
  readonly id: string;
  readonly instance: Instance;
  readonly built: BuiltFunction;
}

async function forward({ incoming, outgoing, body, headers, id, instance, built }: Forwarded): Promise<void> {
  let failure: keyof typeof ERRORS = 'FUNCTION_INVOCATION_FAILED';
  const served = takeFor(instance, built, () => {
    failure = 'FUNCTION_INVOCATION_TIMEOUT';
  });
  const sent = request({
    host: LOOPBACK,
    port: instance.port,
    method: incoming.method,
    path: incoming.url,
    headers,
    agent: false,
  });
  // Otherwise the function is not told, and runs to its end.
  if (built.supportsCancellation) outgoing.once('close', () => outgoing.writableFinished || sent.destroy());
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject).end(body);
    });
    // https://vercel.com/docs/caching/cache-control-headers#default-cache-control-value
    const own = { 'cache-control': 'public, max-age=0, must-revalidate', 'x-vercel-cache': 'MISS' };
    outgoing.writeHead(answer.statusCode ?? 500, { ...own, ...kept(answer), server: 'Vercel', 'x-vercel-id': id });
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    outgoing.once('close', () => answer.resume());
    await finished(answer);
  } catch {
    if (outgoing.headersSent || outgoing.destroyed) {
      // The client has left, or the function has failed after its first word.
      outgoing.destroy();
    } else {
      // A function that throws is answered for: it is the process that has ended.
      instance.retire();
      refuse(outgoing, failure, id);
    }
  } finally {
    served();
  }
}

/** https://vercel.com/docs/headers/request-headers: whatever the client says of these is written over. */
function headersOf(
  { socket, headersDistinct }: IncomingMessage,
  body: Buffer,
  { id, oidcToken }: { readonly id: string; readonly oidcToken: string },
): OutgoingHttpHeaders {
  const client = socket.remoteAddress ?? '';
  const host = headersDistinct.host?.[0] ?? '';
  const proto = 'http';
  return {
    ...kept({ headersDistinct }),
    ...(body.length > 0 && { 'content-length': body.length }),
    host,
    forwarded: `for=${client};host=${host};proto=${proto}`,
    'x-forwarded-for': client,
    'x-forwarded-host': host,
    'x-forwarded-proto': proto,
    'x-real-ip': client,
    'x-vercel-forwarded-for': client,
    'x-vercel-id': id,
    'x-vercel-oidc-token': oidcToken,
  };
}

/** The length is the forwarded body's own. */
function kept(message: Pick<IncomingMessage, 'headersDistinct'>) {
  const { 'content-length': _, ...headers } = endToEndHeaders(message);
  return headers;
}

function refuse(outgoing: ServerResponse, error: keyof typeof ERRORS, id: string): void {
  outgoing
    .writeHead(ERRORS[error], {
      'content-type': 'text/plain; charset=utf-8',
      'x-vercel-error': error,
      'x-vercel-id': id,
    })
    .end(`An error occurred with your deployment\n\n${error}\n\n${id}\n`);
}

function log(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: 'error', message })}\n`);
}
