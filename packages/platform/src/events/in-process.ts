import type { EventBus } from './event-bus.ts';
import { createListeners } from './listeners.ts';

/**
 * A bus within one process: for a server that is the only instance.
 *
 * @example
 * const bus = inProcessBus();
 */
export function inProcessBus(): EventBus {
  let report: (error: unknown) => void = () => {};
  const listeners = createListeners((error) => report(error));
  return {
    kind: 'in-process',
    async publish(event) {
      listeners.deliver(event);
    },
    subscribe(listener, missed) {
      const remove = listeners.add(listener, missed);
      return Object.assign(() => void remove(), { ready: async () => {} });
    },
    reportTo(onError) {
      report = onError;
    },
  };
}
