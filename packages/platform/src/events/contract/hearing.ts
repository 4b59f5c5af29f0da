import { agreed } from '../../jobs/contract/recorder.ts';
import type { EventBus, ServerEvent, Subscription } from '../event-bus.ts';

/** What takes longer than this is taken for lost: an engine that was down is found again within seconds. */
const PATIENCE_MS = 10_000;

/** A listener that notes what it hears. */
export interface Hearing {
  /** The URIs it was told of so far. */
  readonly uris: readonly string[];
  /** How often it was told that it may have missed some. */
  readonly misses: number;
  readonly stop: Subscription;
}

/** Listens on a bus, from when it can be relied on. */
export async function hearing(bus: EventBus): Promise<Hearing> {
  const noted = notes(bus);
  await noted.stop.ready();
  return noted;
}

/** As {@link hearing}, without waiting for the engine. */
export function notes(bus: EventBus): Hearing {
  const uris: string[] = [];
  let misses = 0;
  const stop = bus.subscribe(
    (event) => uris.push(event.kind === 'resource_updated' ? event.uri : event.kind),
    () => {
      misses += 1;
    },
  );
  return {
    uris,
    stop,
    get misses() {
      return misses;
    },
  };
}

/** An event that no other case publishes. */
export function newEvent(): Extract<ServerEvent, { readonly kind: 'resource_updated' }> {
  return { kind: 'resource_updated', uri: `test://${crypto.randomUUID()}`, owner: 'alice' };
}

/** Waits until it holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, expected: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    agreed(Date.now() < deadline, `${expected} within ${PATIENCE_MS} ms`, 'none of it');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Publishes a new event on one bus, and waits until it was heard on another. */
export async function heard(publisher: EventBus, listener: Hearing): Promise<void> {
  const event = newEvent();
  await publisher.publish(event);
  await eventually(() => listener.uris.includes(event.uri), 'the event');
}
