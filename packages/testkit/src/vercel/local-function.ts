import type { BuiltFunction } from './build-output.ts';
import { type Instance, startInstance } from './instance.ts';

/** A function on this machine, in one instance at a time: Fluid compute puts many requests into one too. */
export interface LocalFunction {
  /** The instance for the next request; `undefined` where it does not start. */
  instance(): Promise<Instance | undefined>;
  /** Has every request from now on served by an instance that starts from now on. */
  renew(): void;
  kill(): Promise<void>;
}

/**
 * Runs a function; its first instance starts with the first request.
 *
 * @param environment the whole environment
 */
export function localFunction(built: BuiltFunction, environment: Readonly<Record<string, string>>): LocalFunction {
  const all: Instance[] = [];
  let current: Promise<Instance | undefined> | undefined;

  const start = async (): Promise<Instance | undefined> => {
    const instance = await startInstance(built, environment);
    if (instance !== undefined) all.push(instance);
    return instance;
  };

  return {
    async instance() {
      const known = current;
      const instance = await known;
      if (instance?.isOpen()) return instance;
      // Another request may have seen it before.
      if (current === known) current = start();
      return current;
    },
    renew() {
      void current?.then((instance) => instance?.retire());
      current = undefined;
    },
    async kill() {
      await current;
      await Promise.all(all.map((instance) => instance.kill()));
    },
  };
}
