import type { EventBus, ServerEvent } from './event-bus.ts';

/** The listeners of one instance. */
export interface Listeners {
  readonly size: number;
  /** @returns what takes it away again, and `false` where it was not there any more */
  add(...listener: Parameters<EventBus['subscribe']>): () => boolean;
  deliver(event: ServerEvent): void;
  missed(): void;
}

/** @param report gets what a listener throws */
export function createListeners(report: (error: unknown) => void): Listeners {
  const all = new Set<{ readonly heard: (event: ServerEvent) => void; readonly missed: (() => void) | undefined }>();
  const isolated = (call: () => void) => {
    try {
      call();
    } catch (error) {
      report(error);
    }
  };
  return {
    get size() {
      return all.size;
    },
    add(heard, missed) {
      const one = { heard, missed };
      all.add(one);
      return () => all.delete(one);
    },
    deliver(event) {
      for (const { heard } of all) isolated(() => heard(event));
    },
    missed() {
      for (const { missed } of all) isolated(() => missed?.());
    },
  };
}
