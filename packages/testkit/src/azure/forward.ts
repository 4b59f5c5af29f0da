import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { RouteMatch } from './routes.ts';
import { newTraceParent } from './trace-parent.ts';
import type { Worker } from './worker-process.ts';

/** What concerns one connection, and is never handed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A connection for each: one that is kept may be closed by the worker at the moment it is used again. */
const agent = new Agent();

/** The function was not called, or did not answer: the caller gets this status. */
export class InvocationFailed extends Error {
  override readonly name = 'InvocationFailed';
  readonly status: 400 | 500;

  constructor(status: 400 | 500, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls a function the way the host does where it streams: the request goes to the worker's own HTTP server, all else
 * about it to the worker, and both find each other by the id of the invocation. What the function sees as headers is in
 * the latter part.
 *
 * @param timeoutMs after which the worker is killed, with everything else it is doing
 * @throws {InvocationFailed} before the first byte of an answer; after it the connection just ends
 */
export async function forward(
  worker: Worker,
  { httpFunction, parameters }: RouteMatch,
  timeoutMs: number | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers = headersOf(incoming);
  const id = crypto.randomUUID();
  const upstream = request({
    agent,
    host: worker.httpUri.hostname,
    port: worker.httpUri.port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...forwardedHeaders(incoming, headers), 'x-ms-invocation-id': id },
  });
  const answered = Promise.withResolvers<void>();
  upstream.once('response', (response) => {
    writeHead(outgoing, response);
    response.pipe(outgoing);
    response.once('end', () => answered.resolve());
    response.once('error', answered.reject);
  });
  upstream.once('error', answered.reject);
  answered.promise.catch(() => {});
  // The caller who leaves is not the function's to know.
  outgoing.once('close', () => {
    upstream.destroy();
    answered.resolve();
  });
  incoming.pipe(upstream);

  const timer = timeoutMs === undefined ? undefined : setTimeout(() => void worker.kill(), timeoutMs);
  const { traceparent = newTraceParent(), tracestate = '' } = lowerCased(headers);
  const invoked = worker.invoke({
    id,
    functionName: httpFunction.name,
    trigger: {
      kind: 'http',
      headers,
      query: Object.fromEntries(new URL(incoming.url ?? '/', 'http://host.invalid').searchParams),
      routeParameters: parameters,
    },
    traceParent: traceparent,
    traceState: tracestate,
  });
  try {
    // In this order: where the worker has died, its connections break before the system tells of its end.
    await invoked;
    await answered.promise;
  } catch (error) {
    upstream.destroy();
    throw new InvocationFailed(500, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    // What the function left unread of the body is in the way of the next request.
    incoming.unpipe(upstream);
    incoming.resume();
  }
}

/**
 * Under the names as they came; those of one name are joined, and all are read as UTF-8, as Kestrel does. Azure's front end
 * may call the app by another name than the client did, which is then in `Disguised-Host`: the host puts it back.
 */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const names = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [given = '', value = ''] = rawHeaders.slice(index, index + 2);
    const name = names.get(given.toLowerCase()) ?? given;
    names.set(given.toLowerCase(), name);
    const before = headers[name];
    headers[name] = before === undefined ? asUtf8(value) : `${before},${asUtf8(value)}`;
  }
  const disguised = headers[names.get('disguised-host') ?? ''];
  if (disguised !== undefined) headers[names.get('host') ?? 'Host'] = disguised;
  return headers;
}

function asUtf8(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    throw new InvocationFailed(400, 'A header is not valid UTF-8.');
  }
}

/** What the host's proxy (YARP) makes of the headers: no `Host`, and where the request was sent to in the first place. */
function forwardedHeaders(incoming: IncomingMessage, headers: Readonly<Record<string, string>>) {
  const { host = '', 'x-forwarded-proto': protocol = 'http' } = lowerCased(headers);
  const kept = Object.entries(incoming.headersDistinct).filter(([name]) => name !== 'host' && !HOP_BY_HOP.has(name));
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': incoming.socket.remoteAddress ?? '',
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol,
  };
}

function writeHead(outgoing: ServerResponse, { statusCode = 500, headersDistinct }: IncomingMessage): void {
  outgoing.statusCode = statusCode;
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!HOP_BY_HOP.has(name)) outgoing.setHeader(name, values);
  }
  outgoing.flushHeaders();
}

function lowerCased(headers: Readonly<Record<string, string>>): Partial<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
