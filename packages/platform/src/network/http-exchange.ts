import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { OutboundRequest } from './network.ts';

/** Sends the request over the socket; resolves with the response's head, its body still to come. */
export function exchange(socket: Socket, { url, method, headers, body, signal }: OutboundRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        accept: '*/*',
        'accept-encoding': 'gzip, deflate, br',
        ...Object.fromEntries(headers),
        ...(body && { 'content-length': body.byteLength }),
        host: url.host,
        connection: 'close',
      },
    });
    let answer: IncomingMessage | undefined;
    const abort = () => {
      answer?.destroy(signal?.reason);
      request.destroy(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    request.on('close', () => signal?.removeEventListener('abort', abort));
    request.on('error', reject);
    request.on('response', (incoming) => {
      answer = incoming;
      try {
        resolve(toResponse(incoming, method));
      } catch (error) {
        request.destroy();
        reject(error);
      }
    });
    request.end(body);
  });
}

const BODILESS = new Set([204, 205, 304]);

function toResponse(incoming: IncomingMessage, method: string): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  if (method === 'HEAD' || BODILESS.has(status)) {
    incoming.resume();
    return new Response(null, { status, statusText, headers });
  }
  const decoder = decoderOf(incoming.headers['content-encoding']);
  const body = decoder ? pipeline(incoming, decoder, () => {}) : incoming;
  return new Response(toWebStream(body), { status, statusText, headers });
}

/** `Readable.toWeb` answers a stream of another type than the one `Response` takes. */
function toWebStream(readable: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = readable[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

function decoderOf(encoding: string | undefined) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  return undefined;
}
