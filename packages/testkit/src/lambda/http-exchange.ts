import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { ReceivedRequest } from './events.ts';
import type { Reply } from './reply.ts';

const head = z.object({
  statusCode: z.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  multiValueHeaders: z.record(z.string(), z.array(z.string())).default({}),
  cookies: z.array(z.string()).default([]),
});
const result = head.extend({ body: z.string().default(''), isBase64Encoded: z.boolean().default(false) });

/** Reads a request to its end, and adds the headers that a front adds. */
export async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const { host } = request.headers;
  // Over TLS it would say so.
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

/** Answers with what the function replied; a streamed body as it comes. */
export async function respond(reply: Exclude<Reply, { kind: 'failed' }>, response: ServerResponse): Promise<void> {
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
