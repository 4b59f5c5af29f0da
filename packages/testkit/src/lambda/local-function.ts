import { type Environment, type FunctionSettings, startEnvironment } from './environment.ts';
import { failed, type Reply } from './reply.ts';

/** A function, in as many environments as it is called at once, up to a limit. */
export interface LocalFunction {
  /** Never rejects: what goes wrong is a reply. */
  invoke(event: unknown): Promise<Reply>;
  /** Lets every environment end with the invocation it has, so that the next ones run the bundle as it is now. */
  renew(): void;
  /** Ends every environment at once, as a machine that is lost does; others take their place. */
  killEnvironments(): Promise<void>;
  /** Ends every environment at once, and the function. */
  kill(): Promise<void>;
}

interface Slot {
  readonly environment: Environment;
  /** The bundle it has loaded, counted from 0. */
  readonly generation: number;
}

/**
 * Runs a function as Lambda does: a free environment serves the next invocation, another is started where there is none.
 *
 * @param settings what is deployed
 * @param maxEnvironments where Lambda would refuse a call beyond its concurrency, this one waits for a free environment
 *
 * @example
 * const deployed = localFunction({ directory: 'dist', handler: 'index.handler', timeoutSeconds: 3, environment: {} }, 2);
 * const reply = await deployed.invoke({ rawPath: '/', … });
 */
export function localFunction(settings: FunctionSettings, maxEnvironments: number): LocalFunction {
  const all = new Set<Slot>();
  let free: Slot[] = [];
  let starting = 0;
  let generation = 0;
  let killed = false;
  const queue: { readonly event: unknown; readonly answer: (reply: Reply) => void }[] = [];

  const drop = async (slot: Slot): Promise<void> => {
    all.delete(slot);
    await slot.environment.kill();
  };

  const killEnvironments = async (): Promise<void> => {
    free = [];
    await Promise.all([...all].map(drop));
  };

  const serve = async (slot: Slot): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { reply, done } = slot.environment.invoke(next.event);
      next.answer(await reply);
      if (!(await done) || slot.generation !== generation) {
        await drop(slot);
        return pump();
      }
    }
    free.push(slot);
  };

  const grow = async (): Promise<void> => {
    starting += 1;
    const born = generation;
    const started = await startEnvironment(settings);
    starting -= 1;
    if ('kind' in started) {
      // As on Lambda, it is the caller that a failed start fails.
      queue.shift()?.answer(started);
      return pump();
    }
    const slot = { environment: started, generation: born };
    all.add(slot);
    if (killed || born !== generation) {
      await drop(slot);
      return pump();
    }
    await serve(slot);
  };

  function pump(): void {
    if (killed) {
      for (const { answer } of queue.splice(0)) answer(failed('Sandbox.Shutdown', 'The function has been stopped'));
      return;
    }
    for (let waiting = queue.length - starting; waiting > 0; waiting -= 1) {
      const slot = free.pop();
      if (slot !== undefined) void serve(slot);
      else if (all.size + starting < maxEnvironments) void grow();
    }
  }

  return {
    invoke(event) {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      queue.push({ event, answer: resolve });
      pump();
      return promise;
    },
    renew() {
      generation += 1;
      const old = free;
      free = [];
      for (const slot of old) void drop(slot);
    },
    killEnvironments,
    async kill() {
      killed = true;
      pump();
      await killEnvironments();
    },
  };
}
