import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { LOOPBACK } from '../launch/port.ts';

/** Upstash's REST interface over a Redis, as its client libraries use it. */
export interface UpstashFront {
  /** e.g. `http://127.0.0.1:49152` */
  readonly url: string;
  /** What opens it. */
  readonly token: string;
  /** Ends it at once, with all connections. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** The connection of the next request ends without an answer: before Redis has run the command, or after. */
  loseNext(lost: 'request' | 'answer'): void;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Command = readonly (string | number)[];

/** What runs the commands that come in. Strings are returned as buffers; an error that Redis gives is a `ReplyError`. */
export interface Database {
  run(command: Command): Promise<unknown>;
  /** All of them, and no other's in between; or none, where one is wrong. */
  transaction(commands: readonly Command[]): Promise<unknown[]>;
  close(): void;
}

/** A Redis, for as long as a front is open. */
export function redisAt(url: string): () => Database {
  return () => {
    const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
    // Without a listener ioredis prints every failed attempt to connect.
    redis.on('error', () => {});
    return {
      run: ([name = '', ...args]) => redis.callBuffer(String(name), ...args),
      async transaction(commands) {
        // All are sent at once, so no other request's command comes between them.
        const queued = [
          redis.call('MULTI'),
          ...commands.map(([name = '', ...args]) => redis.call(String(name), ...args)),
        ];
        const [results] = await Promise.all([redis.callBuffer('EXEC'), ...queued]);
        return Array.isArray(results) ? results : [];
      },
      close: () => redis.disconnect(),
    };
  };
}

/**
 * Serves a database the way Upstash does (https://upstash.com/docs/redis/features/restapi): commands as JSON arrays by
 * POST to `/`, several to `/pipeline` and `/multi-exec`, a bearer token, results in base64 where the client asks for it.
 * The one emulator on npm breaks the current client libraries.
 *
 * @param open opens the database, at each start
 *
 * @example
 * const front = await startUpstashFront(redisAt(redis.url));
 */
export async function startUpstashFront(open: () => Database): Promise<UpstashFront> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const token = randomUUID();
  let database: Database;
  let server: Server;
  let losing: 'request' | 'answer' | undefined;
  const front: UpstashFront = {
    url: `http://${LOOPBACK}:${port}`,
    token,
    async stop() {
      database.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async start() {
      database = open();
      server = createServer(async (request, response) => {
        const lost = losing;
        losing = undefined;
        if (lost === 'request') return request.socket.destroy();
        const { status, body } = await answer(request, database, token);
        if (lost === 'answer') return request.socket.destroy();
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
      await once(server.listen(port, LOOPBACK), 'listening');
    },
    loseNext: (lost) => {
      losing = lost;
    },
  };
  await front.start();
  return front;
}

async function answer(request: IncomingMessage, database: Database, token: string): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${token}`) {
    return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } };
  }
  const encoded = request.headers['upstash-encoding'] === 'base64';
  const run = async (command: Command) => partOf(await database.run(command), encoded);
  try {
    const body = await json(request);
    if (request.url === '/') return { status: 200, body: await run(commandIn(body)) };
    if (request.url === '/pipeline') {
      return { status: 200, body: await Promise.all(commandsIn(body).map((command) => run(command).catch(failure))) };
    }
    if (request.url === '/multi-exec') {
      return { status: 200, body: (await database.transaction(commandsIn(body))).map((part) => partOf(part, encoded)) };
    }
    return { status: 404, body: { error: `ERR unsupported path ${request.url}` } };
  } catch (error) {
    return { status: error instanceof Error && error.name === 'ReplyError' ? 400 : 500, body: failure(error) };
  }
}

function commandIn(body: unknown): Command {
  if (Array.isArray(body) && body.every((part) => typeof part === 'string' || typeof part === 'number')) return body;
  throw new Error('ERR failed to parse command');
}

function commandsIn(body: unknown): Command[] {
  if (Array.isArray(body)) return body.map(commandIn);
  throw new Error('ERR failed to parse pipeline request');
}

function partOf(result: unknown, encoded: boolean): unknown {
  return result instanceof Error ? failure(result) : { result: wire(result, encoded) };
}

function failure(error: unknown): { readonly error: string } {
  return { error: error instanceof Error ? error.message : String(error) };
}

function wire(result: unknown, encoded: boolean): unknown {
  if (Buffer.isBuffer(result)) return result.toString(encoded ? 'base64' : 'utf8');
  return Array.isArray(result) ? result.map((part) => wire(part, encoded)) : result;
}
