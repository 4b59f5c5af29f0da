import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failed, type Reply } from './reply.ts';
import { startRuntimeApi } from './runtime-api.ts';

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));
/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_WITHIN_MS = 10_000;
const windows = process.platform === 'win32';

/** A deployed function. */
export interface FunctionSettings {
  /** Where the bundle is. */
  readonly directory: string;
  /** `file.export`, as in the function's configuration. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** The whole environment; what Lambda sets by itself is added. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One execution environment: a process that serves one invocation at a time, and is frozen while there is none. */
export interface Environment {
  /**
   * Has it serve an event. Only for one that is free.
   *
   * @returns `reply` never rejects; `done` resolves when the environment is free again (`true`) or gone (`false`)
   */
  invoke(event: unknown): { readonly reply: Promise<Reply>; readonly done: Promise<boolean> };
  kill(): Promise<void>;
}

interface Running {
  readonly id: string;
  readonly reply: PromiseWithResolvers<Reply>;
  readonly done: PromiseWithResolvers<boolean>;
  readonly timer: NodeJS.Timeout;
  body?: { destroy(error: Error): void };
}

/**
 * Starts an environment and initialises the function in it.
 *
 * @returns the environment, free for its first invocation; or what went wrong while it initialised
 */
export async function startEnvironment(settings: FunctionSettings): Promise<Environment | Reply> {
  const started = Promise.withResolvers<Reply | undefined>();
  let running: Running | undefined;
  let child: ChildProcess | undefined;

  const finish = (id: string | undefined, free: boolean): void => {
    if (running === undefined || (id !== undefined && running.id !== id)) return;
    clearTimeout(running.timer);
    running.done.resolve(free);
    running = undefined;
  };
  const api = await startRuntimeApi({
    onNext() {
      freeze(child);
      started.resolve(undefined);
      finish(undefined, true);
    },
    onReply(id, reply) {
      if (running?.id !== id) return;
      if (reply.kind === 'streamed') running.body = reply.body;
      running.reply.resolve(reply);
    },
    onInitError: (reply) => started.resolve(reply),
  });

  // The process runs in the directory, from where a relative one would be another.
  const directory = resolve(settings.directory);
  const spawned = spawn(process.execPath, [BOOTSTRAP], {
    cwd: directory,
    env: { ...settings.environment, ...reserved({ ...settings, directory }), AWS_LAMBDA_RUNTIME_API: api.address },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child = spawned;
  // A frozen process sees nobody's end.
  const killNow = () => spawned.kill('SIGKILL');
  process.once('exit', killNow);
  const gone = once(spawned, 'exit').then(([code, signal]) => {
    const how = failed('Runtime.ExitError', `Runtime exited with error: ${signal ?? `exit status ${code}`}`);
    process.off('exit', killNow);
    started.resolve(how);
    running?.reply.resolve(how);
    running?.body?.destroy(new Error(how.kind));
    finish(undefined, false);
    api.close();
  });
  const kill = async (): Promise<void> => {
    spawned.kill('SIGKILL');
    await gone;
  };

  const late = setTimeout(() => {
    started.resolve(failed('Sandbox.Timedout', `The function did not initialise within ${INIT_WITHIN_MS / 1000} s`));
  }, INIT_WITHIN_MS);
  const failure = await started.promise;
  clearTimeout(late);
  if (failure !== undefined) {
    await kill();
    return failure;
  }

  return {
    kill,
    invoke(event) {
      const id = randomUUID();
      const limit = settings.timeoutSeconds * 1000;
      const invocation: Running = {
        id,
        reply: Promise.withResolvers(),
        done: Promise.withResolvers(),
        // A runtime that does not answer is not asked to end.
        timer: setTimeout(() => {
          invocation.reply.resolve(
            failed('Sandbox.Timedout', `Task timed out after ${settings.timeoutSeconds.toFixed(2)} seconds`),
          );
          void kill();
        }, limit),
      };
      running = invocation;
      thaw(spawned);
      api.hand({ id, event, deadline: Date.now() + limit });
      return { reply: invocation.reply.promise, done: invocation.done.promise };
    },
  };
}

/** Nothing runs between invocations: no timer fires, no socket is read. Windows cannot stop a process like that. */
function freeze(child: ChildProcess | undefined): void {
  if (!windows) child?.kill('SIGSTOP');
}

function thaw(child: ChildProcess): void {
  if (!windows) child.kill('SIGCONT');
}

/** What Lambda sets itself (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), as far as programs read it. */
function reserved({ directory, handler }: FunctionSettings): Record<string, string> {
  return {
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: directory,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: 'local',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_REGION: 'eu-central-1',
    // Lambda's are of the function's role. Whatever runs locally in DynamoDB's place checks none.
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TZ: ':UTC',
  };
}
