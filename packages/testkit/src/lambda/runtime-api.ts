import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import * as z from 'zod';
import { LOOPBACK } from '../launch/port.ts';
import { failed, type Reply } from './reply.ts';
import { PRELUDE_END } from './streaming-runtime.ts';

const VERSION = '/2018-06-01/runtime';
const errorBody = z.object({ errorType: z.string().default('Error'), errorMessage: z.string().default('') });

/** An event on its way to the runtime. */
interface Invocation {
  readonly id: string;
  readonly event: unknown;
  /** When the function is killed: milliseconds since 1970. */
  readonly deadline: number;
}

/** What the Runtime API hears from its runtime. */
export interface RuntimeListener {
  /** It asks for its next invocation: it has started, or has done with the last one. */
  onNext(): void;
  /** It answers the invocation with this id; the body of a streamed reply is still coming. */
  onReply(id: string, reply: Reply): void;
  onInitError(reply: Reply): void;
}

/** The Runtime API of one environment. */
export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Hands an invocation to the runtime, which has asked for one. */
  hand(invocation: Invocation): void;
  close(): void;
}

/** Serves the interface that Lambda documents for runtimes (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). */
export async function startRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let current: string | undefined;

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.startsWith(VERSION) ? request.url.slice(VERSION.length) : '';
    const [, id, what] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method === 'GET' && path === '/invocation/next') {
      waiting = response;
      return listener.onNext();
    }
    if (path === '/init/error') listener.onInitError(await failureIn(request));
    else if (id === undefined) return refuse(response, 404, 'NotFound');
    else if (id !== current) return refuse(response, 400, 'InvalidRequestID');
    else if (what === 'error') listener.onReply(id, await failureIn(request));
    else await relay(request, (reply) => listener.onReply(id, reply));
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  };

  const server = createServer((request, response) => {
    // The runtime was killed in the middle of it.
    route(request, response).catch(() => response.destroy());
  }).listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  return {
    address: `${LOOPBACK}:${typeof address === 'object' && address !== null ? address.port : 0}`,
    hand({ id, event, deadline }) {
      current = id;
      waiting?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': id,
        'lambda-runtime-deadline-ms': String(deadline),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:000000000000:function:local',
      });
      waiting?.end(JSON.stringify(event));
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function refuse(response: ServerResponse, status: number, errorType: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errorType }));
}

async function failureIn(request: IncomingMessage): Promise<Reply> {
  const { errorType, errorMessage } = errorBody.parse(JSON.parse(await text(request)));
  return failed(errorType, errorMessage);
}

/** Reads a response to its end; one that streams is handed on when its head is there. */
async function relay(request: IncomingMessage, onReply: (reply: Reply) => void): Promise<void> {
  if (request.headers['lambda-runtime-function-response-mode'] !== 'streaming') {
    return onReply({ kind: 'returned', payload: await json(request) });
  }
  const chunks: AsyncIterable<Buffer> = request;
  const body = new PassThrough();
  let head: Buffer = Buffer.alloc(0);
  let headEnded = false;
  try {
    for await (const chunk of chunks) {
      if (headEnded) {
        await write(body, chunk);
        continue;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(PRELUDE_END);
      if (end === -1) continue;
      headEnded = true;
      onReply({ kind: 'streamed', prelude: JSON.parse(head.subarray(0, end).toString()), body });
      await write(body, head.subarray(end + PRELUDE_END.length));
    }
  } catch (error) {
    // The process is gone.
    body.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
  const failure = request.trailers['lambda-runtime-function-error-type'];
  if (!headEnded) onReply(failed('Runtime.InvalidStream', 'The response ended before its status and headers did'));
  else if (failure === undefined) body.end();
  else body.destroy(new Error(`The function failed while it streamed: ${failure}`));
}

/** As fast as the client reads. A client that has gone stops no function: the rest is read and thrown away. */
async function write(body: PassThrough, chunk: Buffer): Promise<void> {
  if (body.destroyed || chunk.length === 0 || body.write(chunk)) return;
  await new Promise<void>((resolve) => body.once('drain', resolve).once('close', resolve));
}
