import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { requestUrl } from '../http/request-url.ts';

/**
 * What stands in for the launcher of Vercel's Node.js runtime, in the process the function runs in: loads the file named on
 * the command line and serves what it exports, on a port that it tells its parent. It imports little: it is part of every
 * cold start.
 */
const [file = '', host = ''] = process.argv.slice(2);

/** https://vercel.com/docs/functions/functions-api-reference#function-signature */
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'];

/** Where code looks for the request that it runs for, and for the OIDC token in its headers: https://vercel.com/docs/oidc */
const context = new AsyncLocalStorage<{ readonly headers: Readonly<Record<string, string>> }>();
Object.assign(globalThis, { [Symbol.for('@vercel/request-context')]: { get: () => context.getStore() } });

type WebHandler = (request: Request) => Response | Promise<Response>;

// The signal is for the whole process group, and its leader ends this.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

const handlers = await import(pathToFileURL(file).href).then(handlersOf).catch((error: unknown) => {
  // Not where: that would be a line of the bundle, which is all of it.
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${JSON.stringify({ level: 'error', message: `${name}: ${message}` })}\n`);
  process.exit(1);
});
const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`${JSON.stringify({ level: 'error', message: `${name}: ${message}`, stack })}\n`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'x-vercel-error': 'FUNCTION_INVOCATION_FAILED' }).end();
  });
});
server.requestTimeout = 0;
server.listen(0, host, () => process.send?.(server.address()));

/** `export default { fetch }`, or a function a method; either may stand in the default export or beside it. */
function handlersOf(module: object): Map<string, WebHandler> {
  const exported = 'default' in module && isObject(module.default) ? { ...module, ...module.default } : module;
  const found = new Map<string, WebHandler>();
  for (const method of METHODS) {
    const handler: unknown = Reflect.get(exported, method) ?? Reflect.get(exported, 'fetch');
    if (isHandler(handler)) found.set(method, handler);
  }
  if (found.size === 0) throw new Error(`${file} exports neither { fetch } nor a function a method, such as GET.`);
  return found;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isHandler(value: unknown): value is WebHandler {
  return typeof value === 'function';
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET' } = incoming;
  const handler = handlers.get(method);
  if (handler === undefined) {
    outgoing.writeHead(405).end();
    return;
  }
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const request = await toRequest(incoming, method, gone.signal);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const response = await context.run({ headers: Object.fromEntries(request.headers) }, () => handler(request));
  outgoing.statusCode = response.status;
  // Each `set-cookie` comes as an entry of its own.
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.flushHeaders();
  await pipeline(response.body ?? [], outgoing).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
}

async function toRequest(incoming: IncomingMessage, method: string, signal: AbortSignal): Promise<Request | undefined> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headers)) {
    for (const value of [values].flat()) headers.append(name, value);
  }
  const origin = `${headers.get('x-forwarded-proto')}://${headers.get('x-forwarded-host')}`;
  const url = requestUrl(incoming.url, origin);
  if (url === undefined) return undefined;
  const body = method === 'GET' || method === 'HEAD' ? null : await buffer(incoming);
  return new Request(url, { method, headers, signal, body });
}
