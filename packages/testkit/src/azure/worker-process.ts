import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { within } from '../launch/process-group.ts';
import type { AppFunctions, FromWorker, Invocation, ToWorker } from './messages.ts';

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** What the app does at its end may take this long. */
const TERMINATED_WITHIN_MS = 5_000;

const fromWorker: z.ZodType<FromWorker> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    functions: z.object({
      http: z.array(
        z.object({
          name: z.string(),
          route: z.string().optional(),
          methods: z.array(z.string()),
          authLevel: z.enum(['anonymous', 'function', 'admin']),
        }),
      ),
      queue: z.array(z.object({ name: z.string(), queueName: z.string(), connection: z.string() })),
    }),
    httpUri: z.string(),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
  z.object({ kind: z.literal('done'), id: z.string(), error: z.string().exactOptional() }),
]);

/** A process with the app in it. It takes any number of invocations at once. */
export interface Worker {
  readonly functions: AppFunctions;
  readonly httpUri: URL;
  /** Whether it has ended, or is about to. */
  readonly gone: boolean;
  /** @throws {Error} what the function threw, or that the worker has gone */
  invoke(invocation: Invocation): Promise<void>;
  /** Resolves when no invocation is running. */
  idle(): Promise<void>;
  /** Lets the app do what it wants done at its end, and ends it, whatever else it is doing. */
  terminate(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/**
 * Starts a worker and has it load an app.
 *
 * @param environment the whole of it
 * @throws {Error} saying why the app cannot be loaded
 */
export async function startWorker(directory: string, environment: Readonly<Record<string, string>>): Promise<Worker> {
  const child = fork(PROGRAM, [directory], {
    cwd: directory,
    env: environment,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const running = new Map<string, PromiseWithResolvers<void>>();
  const loaded = Promise.withResolvers<Extract<FromWorker, { kind: 'ready' }>>();
  let gone = false;
  // Not `once` of node:events: that gives up at the first failed message, and the end of a process begins with those.
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true;
      const error = new Error(`The worker process ended: ${signal ?? `exit code ${code}`}`);
      loaded.reject(error);
      for (const { reject } of running.values()) reject(error);
      resolve();
    });
  });
  child.on('error', loaded.reject);
  const kill = async (): Promise<void> => {
    gone = true;
    child.kill('SIGKILL');
    await exited;
  };
  /** What does not arrive was sent to a process that is ending. */
  const send = (message: ToWorker): void => {
    if (child.connected) child.send(message, () => {});
  };

  child.on('message', (given) => {
    const message = fromWorker.parse(given);
    if (message.kind === 'ready') return loaded.resolve(message);
    if (message.kind === 'failed') return loaded.reject(new Error(message.message));
    const invocation = running.get(message.id);
    if (message.error === undefined) invocation?.resolve();
    else invocation?.reject(new Error(message.error));
  });
  try {
    const { functions, httpUri } = await loaded.promise;
    return {
      functions,
      httpUri: new URL(httpUri),
      get gone() {
        return gone;
      },
      async invoke(invocation) {
        const ended = Promise.withResolvers<void>();
        if (gone) throw new Error('The worker process has ended.');
        running.set(invocation.id, ended);
        send({ kind: 'invoke', invocation });
        try {
          await ended.promise;
        } finally {
          running.delete(invocation.id);
        }
      },
      async idle() {
        await Promise.allSettled([...running.values()].map(({ promise }) => promise));
      },
      async terminate() {
        send({ kind: 'terminate' });
        await within(TERMINATED_WITHIN_MS, exited);
        await kill();
      },
      kill,
    };
  } catch (error) {
    await kill();
    throw error;
  }
}
