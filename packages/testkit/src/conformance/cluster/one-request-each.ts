import type { LaunchedApp } from '../../launch.ts';
import type { Instances } from './proxy.ts';

type Instance = Pick<LaunchedApp, 'port' | 'kill'>;

/**
 * Gives each request to an instance of its own, and kills that as soon as the request is over: nobody is ever served twice by
 * the same process, and whatever outlives a request is in the store.
 *
 * @param start launches an instance
 * @param spares how many are started before they are needed
 */
export function oneRequestEach(start: () => Promise<Instance>, spares: number): Instances {
  const started = new Set<Promise<Instance>>();
  const waiting: Promise<Instance>[] = [];
  let killed = Promise.resolve();

  const add = () => {
    const instance = start();
    // Whose turn it is hears of it.
    instance.catch(() => {});
    started.add(instance);
    waiting.push(instance);
  };
  const kill = async (instance: Promise<Instance>) => {
    started.delete(instance);
    await (await instance).kill();
  };
  for (let spare = 0; spare < spares; spare++) add();

  return {
    async next() {
      add();
      const instance = waiting.shift();
      if (instance === undefined) throw new Error('There is no instance.');
      await killed;
      const { port } = await instance;
      return {
        port,
        over() {
          killed = Promise.all([killed, kill(instance)]).then(() => {});
        },
      };
    },
    async end() {
      await killed;
      await Promise.allSettled([...started].map(kill));
    },
  };
}
