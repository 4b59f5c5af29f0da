import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { LOOPBACK } from '../launch/port.ts';
import type { BuiltFunction } from './build-output.ts';

const LAUNCHER = fileURLToPath(new URL('./launcher.ts', import.meta.url));
const address = z.object({ port: z.number() });

/** A process that the function runs in, for many requests at once. */
export interface Instance {
  readonly port: number;
  /** Whether it takes further requests. */
  isOpen(): boolean;
  /** Has it serve one more request; the function that is returned says that it has been served. */
  take(): () => void;
  /** Takes no further request, and ends it when it has served those it has. */
  retire(): void;
  kill(): Promise<void>;
}

/**
 * Starts a function in a process of its own.
 *
 * @param environment the whole environment
 * @returns the instance, or `undefined` where it has ended instead; what it said of it went to standard error
 */
export async function startInstance(
  { directory, handler }: BuiltFunction,
  environment: Readonly<Record<string, string>>,
): Promise<Instance | undefined> {
  const child = spawn(process.execPath, [LAUNCHER, join(directory, handler), LOOPBACK], {
    cwd: directory,
    env: { ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    // It did not even become a process: its directory is missing, say, while it is built again.
    child.on('error', ({ message }) => {
      process.stderr.write(
        `${JSON.stringify({ level: 'error', message: `The function is not started in ${directory}: ${message}` })}\n`,
      );
      resolve();
    });
  });
  const told = new Promise<unknown>((resolve) => child.once('message', resolve));
  const started = await Promise.race([told, gone]);
  if (started === undefined) return undefined;
  const { port } = address.parse(started);

  let running = 0;
  let retired = false;
  const endWhereIdle = () => {
    if (retired && running === 0) child.kill('SIGKILL');
  };
  return {
    port,
    isOpen: () => !retired && child.exitCode === null && child.signalCode === null,
    take() {
      running += 1;
      return () => {
        running -= 1;
        endWhereIdle();
      };
    },
    retire() {
      retired = true;
      endWhereIdle();
    },
    async kill() {
      retired = true;
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/**
 * Has an instance serve one more request, for as long as its function may take: then it is killed, as Vercel does.
 *
 * @param onOver learns that it is
 * @returns says that it has been served
 */
export function takeFor(instance: Instance, { maxDuration }: BuiltFunction, onOver: () => void = () => {}): () => void {
  const served = instance.take();
  const over = setTimeout(() => {
    onOver();
    const message = `Vercel Runtime Timeout Error: Task timed out after ${maxDuration} seconds`;
    process.stderr.write(`${JSON.stringify({ level: 'error', message })}\n`);
    void instance.kill();
  }, maxDuration * 1000);
  return () => {
    clearTimeout(over);
    served();
  };
}
