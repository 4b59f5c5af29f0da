import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { awslambda, isStreaming, type ResponseStream } from './streaming-runtime.ts';

/**
 * What stands in for the bootstrap of Lambda's Node.js runtime, in the process the function runs in: loads the handler,
 * then takes one invocation after another from the Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
 */
const { AWS_LAMBDA_RUNTIME_API = '', _HANDLER = '', LAMBDA_TASK_ROOT = '' } = process.env;
const RUNTIME = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

type Handler = (event: unknown, ...more: unknown[]) => unknown;

// Not `fetch`: that loads for longer than all the rest here, and gives up a silent server after 5 minutes.
const agent = new Agent({ keepAlive: true });

/** Lambda signals no function, it kills it. Here the signal is for the whole process group, and its leader ends this. */
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});

Object.assign(globalThis, { awslambda });
const handler = await load().catch(async (error: unknown) => {
  process.stderr.write(`${JSON.stringify(errorOf(error))}\n`);
  await post('/init/error', JSON.stringify(errorOf(error)));
  process.exit(1);
});
for (;;) await serveNext(handler);

async function load(): Promise<Handler> {
  const [file = '', name = ''] = _HANDLER.split('.');
  const module: Record<string, unknown> = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
  const found = module[name];
  if (!isHandler(found)) throw new Error(`${_HANDLER} is undefined or not exported`);
  return found;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

async function serveNext(handle: Handler): Promise<void> {
  const next = await answerOf(send('GET', '/invocation/next'));
  const event: unknown = JSON.parse(await text(next));
  const id = String(next.headers['lambda-runtime-aws-request-id']);
  const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: id,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  if (isStreaming(handle)) return stream(id, (response) => handle(event, response, context));
  try {
    const result = await handle(event, context);
    await post(`/invocation/${id}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    await fail(id, error);
  }
}

async function stream(id: string, run: (response: ResponseStream) => unknown): Promise<void> {
  let sent: ClientRequest | undefined;
  const begin = (contentType: string) =>
    send('POST', `/invocation/${id}/response`, {
      'content-type': contentType,
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
      trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    });
  let contentType = 'application/octet-stream';
  const opened = (): ClientRequest => {
    if (sent !== undefined) return sent;
    const open = begin(contentType);
    sent = open;
    response.beforeFirstWrite?.((chunk) => open.write(chunk));
    return open;
  };
  const response: ResponseStream = Object.assign(
    new Writable({
      write: (chunk, _encoding, done) => {
        if (chunk.length === 0) {
          opened().flushHeaders();
          done();
        } else opened().write(chunk, done);
      },
    }),
    {
      setContentType(type: string) {
        contentType = type;
      },
    },
  );
  try {
    await run(response);
  } catch (error) {
    if (sent === undefined) return fail(id, error);
    const { errorType } = errorOf(error);
    const body = Buffer.from(JSON.stringify(errorOf(error))).toString('base64');
    sent.addTrailers({
      'Lambda-Runtime-Function-Error-Type': errorType,
      'Lambda-Runtime-Function-Error-Body': body,
    });
  }
  await text(await answerOf(opened()));
}

async function fail(id: string, error: unknown): Promise<void> {
  process.stderr.write(`${JSON.stringify(errorOf(error))}\n`);
  await post(`/invocation/${id}/error`, JSON.stringify(errorOf(error)));
}

function errorOf(error: unknown): { readonly errorType: string; readonly errorMessage: string; stackTrace: string[] } {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { errorType: name, errorMessage: message, stackTrace: (stack ?? '').split('\n').slice(1) };
}

async function post(path: string, body: string): Promise<void> {
  await text(await answerOf(send('POST', path, { 'content-length': String(Buffer.byteLength(body)) }), body));
}

/** Begins a request; there is nobody to serve once the Runtime API is gone. */
function send(method: string, path: string, headers: Record<string, string> = {}): ClientRequest {
  return request(`${RUNTIME}${path}`, { method, agent, headers }).once('error', () => process.exit(1));
}

/** Ends a request and waits for its answer. */
function answerOf(sent: ClientRequest, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    sent.once('response', resolve);
    sent.end(body);
  });
}
