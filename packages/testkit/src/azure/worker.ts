import { readFile } from 'node:fs/promises';
import Module from 'node:module';
import { Server } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LOOPBACK } from '../launch/port.ts';
import { type Binding, coreApi } from './core-api.ts';
import { invoke } from './invoke.ts';
import type { AppFunctions, FromWorker, HttpFunction, QueueFunction, ToWorker } from './messages.ts';

/**
 * What stands in for the Node.js worker of Azure Functions, in the process the app runs in: loads the app unchanged, and
 * calls its functions when the host says so. The app's directory is the one argument.
 */
const [, , directory = ''] = process.argv;

/** The signal is for the whole process group, and its leader ends this. */
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

const { api, app } = coreApi(log);
// As the worker does: whoever imports the module, where this is no `require`, finds none.
Module.prototype.require = new Proxy(Module.prototype.require, {
  apply: (require, module, args) => (args[0] === '@azure/functions-core' ? api : Reflect.apply(require, module, args)),
});
stayOnThisMachine();

try {
  await load();
} catch (error) {
  tell({ kind: 'failed', message: messageOf(error) });
}

async function load(): Promise<void> {
  const { main }: { main?: unknown } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  if (typeof main !== 'string') throw new Error('package.json names no entry point: set "main".');
  try {
    await import(pathToFileURL(join(directory, main)).href);
  } catch (error) {
    throw new Error(`Worker was unable to load entry point "${main}": ${messageOf(error)}`, { cause: error });
  }
  await app.runHooks('appStart', { hookData: {}, appHookData: {}, functionAppDirectory: directory });
  app.lock();
  const { HttpUri: httpUri } = (await app.model?.getCapabilities?.({ RawHttpBodyBytes: 'true' })) ?? {};
  if (httpUri === undefined) {
    throw new Error(
      'The app does not stream, and this local host serves no other: app.setup({ enableHttpStream: true }).',
    );
  }
  process.on('message', (message: ToWorker) => void take(message));
  tell({ kind: 'ready', functions: appFunctions(), httpUri });
}

async function take(message: ToWorker): Promise<void> {
  if (message.kind === 'terminate') {
    await app.runHooks('appTerminate', { hookData: {}, appHookData: {} });
    process.exit(0);
  }
  const { id, functionName } = message.invocation;
  const called = app.functions.get(functionName);
  try {
    if (called === undefined) throw new Error(`Function code for '${functionName}' is not loaded.`);
    await invoke(app, called, message.invocation, log);
    tell({ kind: 'done', id });
  } catch (error) {
    tell({ kind: 'done', id, error: messageOf(error) });
  }
}

function appFunctions(): AppFunctions {
  const http: HttpFunction[] = [];
  const queue: QueueFunction[] = [];
  for (const { metadata } of app.functions.values()) {
    const { name } = metadata;
    const bindings = Object.values(metadata.bindings);
    const request = bindings.find(({ type }) => type === 'httpTrigger');
    const message = bindings.find(({ type }) => type === 'queueTrigger');
    if (request !== undefined) http.push(httpFunction(name, request));
    else if (message !== undefined) queue.push(queueFunction(name, message));
    else
      throw new Error(`The function "${name}" has neither an HTTP nor a queue trigger: this local host has no other.`);
  }
  return { http, queue };
}

function httpFunction(name: string, { route, methods = [], authLevel = 'anonymous' }: Binding): HttpFunction {
  if (authLevel !== 'anonymous' && authLevel !== 'function' && authLevel !== 'admin') {
    throw new Error(`The function "${name}" has an unknown authLevel: ${authLevel}`);
  }
  return { name, route, methods, authLevel };
}

function queueFunction(name: string, { queueName, connection }: Binding): QueueFunction {
  if (queueName === undefined || connection === undefined) {
    throw new Error(`The queue trigger of the function "${name}" needs a queueName and a connection.`);
  }
  return { name, queueName, connection };
}

/** The library's HTTP server listens on every interface of the machine, and nothing tells it not to. */
function stayOnThisMachine(): void {
  const listen = Server.prototype.listen;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const [port, done] = typeof args[0] === 'function' ? [0, args[0]] : args;
    return Reflect.apply(listen, this, [{ port, host: LOOPBACK }, done]);
  };
}

function log(level: string, category: string, message: string): void {
  // The library and the worker have much to say about themselves.
  if (category === 'system' && !['warning', 'error', 'critical'].includes(level)) return;
  process.stderr.write(`${JSON.stringify({ level, message, category })}\n`);
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
