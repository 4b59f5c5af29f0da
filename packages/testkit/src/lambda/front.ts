import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { eventOf, type Front } from './events.ts';
import type { LocalFunction } from './local-function.ts';
import type { Reply } from './reply.ts';

/** Of an event (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

const head = z.object({
  statusCode: z.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  multiValueHeaders: z.record(z.string(), z.array(z.string())).default({}),
  cookies: z.array(z.string()).default([]),
});
const result = head.extend({ body: z.string().default(''), isBase64Encoded: z.boolean().default(false) });

/**
 * An HTTP server that hands every request to a function, as an event of the given kind, and answers with what comes back.
 * Not done: AWS's own limits on rates, its header filters, CORS and authorisation of a function URL.
 *
 * @param onFailure learns what AWS would write to the function's log: the caller is told nothing
 */
export function frontOf(
  invoke: LocalFunction['invoke'],
  front: Front,
  onFailure: (failure: { readonly errorType: string; readonly message: string }) => void,
): Server {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const event = eventOf(front, await received(request));
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return refuse(
        response,
        413,
        `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`,
      );
    }
    const reply = await invoke(event);
    if (reply.kind === 'failed') {
      onFailure(reply);
      return refuse(response, 502, 'Internal Server Error');
    }
    await write(reply, response);
  };
  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      onFailure({ errorType: name, message });
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'Internal Server Error');
    });
  });
}

async function received(request: IncomingMessage) {
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const { host } = request.headers;
  // What a front adds; over TLS it would say so.
  const forwarded: [string, string][] = [
    ['x-forwarded-for', request.socket.remoteAddress ?? ''],
    ['x-forwarded-port', host?.split(':')[1] ?? '80'],
    ['x-forwarded-proto', 'http'],
  ];
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: [...headers, ...forwarded],
    body: await buffer(request),
  };
}

async function write(reply: Exclude<Reply, { kind: 'failed' }>, response: ServerResponse): Promise<void> {
  if (reply.kind === 'streamed') {
    writeHead(response, head.parse(reply.prelude));
    response.flushHeaders();
    // A client that leaves is not the function's failure.
    return pipeline(reply.body, response).catch((error: unknown) => {
      if (!response.destroyed || reply.body.errored) throw error;
    });
  }
  const { body, isBase64Encoded, ...rest } = result.parse(reply.payload);
  writeHead(response, rest);
  response.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

function writeHead(
  response: ServerResponse,
  { statusCode, headers, multiValueHeaders, cookies }: z.output<typeof head>,
) {
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries({ ...headers, ...multiValueHeaders })) response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ Message: message }));
}
