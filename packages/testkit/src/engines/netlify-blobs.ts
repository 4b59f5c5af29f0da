import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import getPort from 'get-port';
import { LOOPBACK } from '../launch/port.ts';
import type { Engine } from './engine.ts';
import { close, listen } from './listen.ts';
import { importWithoutSignals } from './signals.ts';

const { BlobsServer } = await importWithoutSignals(() => import('@netlify/blobs/server'));

/** Netlify Blobs in this process: Netlify's own local server, corrected. It keeps what it holds when it is stopped. */
export interface NetlifyBlobs extends Engine {
  readonly siteID: string;
  readonly token: string;
}

type Handle = (request: Request) => Promise<Response>;

/**
 * Starts Netlify's local server, corrected, on a free port of the loopback interface.
 *
 * @param directory where the blobs are kept, as files
 * @param token what a client has to show
 *
 * @example
 * const { siteID, token, url } = await startNetlifyBlobs(directory);
 * const store = netlifyBlobsStore({ name: 'state', siteID, token, edgeURL: url, uncachedEdgeURL: url });
 */
export async function startNetlifyBlobs(directory: string, token: string = crypto.randomUUID()): Promise<NetlifyBlobs> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const url = `http://${LOOPBACK}:${port}`;
  const blobs = new BlobsServer({ directory, token });
  // Its own `start` listens on every interface of the machine. Nothing else sets the address, or hands out the handler.
  Reflect.set(blobs, 'address', url);
  const handle: Handle = Reflect.get(blobs, 'handleRequest').bind(blobs);
  const server = createServer(serving(url, oneAtATime(withEtags(handle))));
  const start = () => listen(server, port);
  await start();
  return { url, siteID: 'local', token, start, stop: () => close(server) };
}

/**
 * Makes the local server keep the promises of the real one, in three points in which 11.1.1 does not:
 * it gives no ETag on a read (https://github.com/netlify/primitives/pull/772);
 * its ETag on a write is made of the time in milliseconds, so two writes in one share it, where the real one hashes the
 * content; and it compares, waits for the body, and only then writes, so that of five conditional writes at once five win.
 */
function withEtags(handle: Handle): Handle {
  return async (request) => {
    // These only tell where the blob itself is to be had.
    if (new URL(request.url).pathname.startsWith('/api/v1/')) return await handle(request);
    if (request.method === 'GET' || request.method === 'HEAD') return await read(handle, request);
    return request.method === 'PUT' ? await write(handle, request) : await handle(request);
  };
}

async function write(handle: Handle, request: Request): Promise<Response> {
  const ifMatch = request.headers.get('if-match');
  const ifNoneMatch = request.headers.get('if-none-match');
  const held = ifMatch || ifNoneMatch ? (await read(handle, request)).headers.get('etag') : null;
  if ((ifMatch && held !== ifMatch) || (ifNoneMatch === '*' && held)) return new Response(null, { status: 412 });
  const headers = new Headers(request.headers);
  headers.delete('if-match');
  headers.delete('if-none-match');
  const content = await request.arrayBuffer();
  const response = await handle(new Request(request.url, { method: 'PUT', headers, body: content }));
  return response.ok ? new Response(null, { headers: { etag: etag(content) } }) : response;
}

async function read(handle: Handle, { url, method, headers }: Request): Promise<Response> {
  const response = await handle(new Request(url, { headers }));
  if (!response.ok) return response;
  const content = await response.arrayBuffer();
  const tagged = new Headers(response.headers);
  tagged.set('etag', etag(content));
  return new Response(method === 'HEAD' ? null : content, { headers: tagged });
}

function etag(content: ArrayBuffer): string {
  return `"${createHash('md5').update(Buffer.from(content)).digest('hex')}"`;
}

function oneAtATime(handle: Handle): Handle {
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const response = last.then(() => handle(request));
    last = response.catch(() => {});
    return response;
  };
}

function serving(url: string, handle: Handle) {
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET' } = incoming;
    const body = await buffer(incoming);
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    const request = new Request(new URL(incoming.url ?? '/', url), {
      method,
      headers,
      ...(method === 'PUT' && { body }),
    });
    const response = await handle(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  };
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Whoever asked has left in the middle of it, or gets no answer: as little as from a server that is down.
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  };
}
