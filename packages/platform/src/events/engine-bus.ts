import { BusUnavailable, type EventBus, type ServerEvent } from './event-bus.ts';
import { createListeners } from './listeners.ts';

/** How long who subscribes waits for the engine. */
const READY_WITHIN_MS = 2_000;

/** What an engine tells while it is connected. Once the connection is closed nothing of it counts. */
export interface EventFeed {
  deliver(event: ServerEvent): void;
  /** From now on everything that is published arrives. */
  up(): void;
  /** What is published may be lost until it is up again; the engine sees to that by itself. */
  down(cause: unknown): void;
  /** Some of what was published did not arrive, though the engine was up. */
  missed(): void;
}

/** What carries events between instances. */
export interface EventEngine {
  publish(event: ServerEvent): Promise<unknown>;
  /**
   * Begins to feed, and goes on through every outage.
   * @returns what ends it, and leaves neither a connection nor a timer
   */
  connect(feed: EventFeed): () => void;
}

/** A bus over an engine, to which it is connected for as long as somebody listens. */
export function engineBus(kind: EventBus['kind'], engine: EventEngine): EventBus {
  let report: (error: unknown) => void = () => {};
  let isReported = false;
  const trouble = {
    begins(cause: unknown) {
      if (!isReported) report(new BusUnavailable(kind, cause));
      isReported = true;
    },
    ends() {
      isReported = false;
    },
  };
  const listeners = createListeners((error) => report(error));
  let line: Line | undefined;

  return {
    kind,
    async publish(event) {
      try {
        await engine.publish(event);
        trouble.ends();
      } catch (cause) {
        trouble.begins(cause);
      }
    },
    subscribe(listener, missed) {
      const remove = listeners.add(listener, missed);
      line ??= new Line(kind, engine, listeners, trouble);
      const current = line;
      const stop = () => {
        if (!remove() || listeners.size > 0) return;
        line?.close();
        line = undefined;
      };
      return Object.assign(stop, { ready: () => current.ready() });
    },
    reportTo(onError) {
      report = onError;
    },
  };
}

/** The connection to an engine, from the first listener to the last. */
class Line {
  readonly #kind: EventBus['kind'];
  readonly #disconnect: () => void;
  #state: 'up' | 'down' | 'closed' = 'down';
  #lost = false;
  #cause: unknown = new Error(`The engine did not answer within ${READY_WITHIN_MS} ms.`);
  #change = Promise.withResolvers<void>();

  constructor(
    kind: EventBus['kind'],
    engine: EventEngine,
    listeners: Pick<EventFeed, 'deliver' | 'missed'>,
    trouble: { begins(cause: unknown): void; ends(): void },
  ) {
    this.#kind = kind;
    const unlessClosed = (act: () => void) => {
      if (this.#state !== 'closed') act();
    };
    this.#disconnect = engine.connect({
      deliver: (event) => unlessClosed(() => listeners.deliver(event)),
      missed: () => unlessClosed(() => listeners.missed()),
      up: () =>
        unlessClosed(() => {
          if (this.#state === 'up') return;
          trouble.ends();
          this.#become('up');
          if (this.#lost) listeners.missed();
          this.#lost = false;
        }),
      down: (cause) =>
        unlessClosed(() => {
          this.#cause = cause;
          this.#lost = true;
          this.#state = 'down';
          trouble.begins(cause);
        }),
    });
  }

  async ready(): Promise<void> {
    if (this.#state === 'down') {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, READY_WITHIN_MS);
      await Promise.race([this.#change.promise, late]);
      clearTimeout(timer);
    }
    if (this.#state !== 'up') throw new BusUnavailable(this.#kind, this.#cause);
  }

  close(): void {
    this.#become('closed');
    this.#disconnect();
  }

  #become(state: 'up' | 'closed'): void {
    this.#state = state;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
