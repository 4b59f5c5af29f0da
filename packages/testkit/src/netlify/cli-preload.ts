import { registerHooks } from 'node:module';
import { type ListenOptions, Server } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** What `netlify-cli` is given in place of Netlify's local Blobs server. */
const CORRECTED = new URL('./blobs-server.ts', import.meta.url).href;

// Loaded before `netlify functions:serve`, which is then as Netlify made it but for two things.
// Its Netlify Blobs gives no ETag on a read, so that no conditional write could work on it.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@netlify/blobs/server' && context.parentURL?.includes('/node_modules/')
      ? { url: CORRECTED, shortCircuit: true }
      : next(specifier, context),
});

// And it listens on every interface of the machine: what is started here is for this machine alone.
const { listen } = Server.prototype;
const onHost = (options: ListenOptions): ListenOptions =>
  options.path === undefined ? { host: process.env.HOST ?? '127.0.0.1', ...options } : options;
if (isMainThread) {
  Server.prototype.listen = function (this: Server, at?: unknown, ...more: unknown[]) {
    const listening = more.findLast((argument) => typeof argument === 'function');
    return Reflect.apply(listen, this, [typeof at === 'number' ? onHost({ port: at }) : at, listening]);
  };
}
