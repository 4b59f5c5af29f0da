import type { Turn } from './proxy.ts';

/**
 * Gives each request to the next instance in turn, whoever sends it.
 *
 * @throws {Error} where there is no instance
 */
export function roundRobin(instances: readonly { readonly port: number }[]): () => Promise<Turn> {
  let requests = 0;
  return async () => {
    const instance = instances[requests % instances.length];
    if (instance === undefined) throw new Error('There is no instance.');
    requests += 1;
    return { port: instance.port, over() {} };
  };
}
