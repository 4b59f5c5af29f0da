import { registerHooks } from 'node:module';
import { Server } from 'node:net';
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
if (isMainThread) {
  const { listen } = Server.prototype;
  const host = process.env.HOST || '127.0.0.1';
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const [port, next, ...more] = args;
    const isOpen = typeof port === 'number' && typeof next !== 'string';
    return Reflect.apply(listen, this, isOpen ? [port, host, next, ...more] : args);
  };
}
