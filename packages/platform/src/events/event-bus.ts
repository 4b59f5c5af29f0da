import * as z from 'zod';

/** The only principal who may know of it; where it is absent, everybody may. */
const owner = z.string().optional();

const serverEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tools_list_changed'), owner }),
  z.object({ kind: z.literal('prompts_list_changed'), owner }),
  z.object({ kind: z.literal('resources_list_changed'), owner }),
  z.object({ kind: z.literal('resource_updated'), uri: z.string(), owner }),
  /** From one instance to another: a client's reply lies in the store for the call that waits for it. */
  z.object({ kind: z.literal('reply_delivered'), requestId: z.string(), owner }),
]);

/** A change that clients may be told of: a `ServerEvent` of the SDK, with who may know. One kind is for instances alone. */
export type ServerEvent = z.infer<typeof serverEvent>;

/** An event as an engine held it; `undefined` where it is none of this version's, but of a newer instance's. */
export function readEvent(held: unknown): ServerEvent | undefined {
  return serverEvent.safeParse(held).data;
}

/** The same for an event that came as text. */
export function decodeEvent(text: string): ServerEvent | undefined {
  try {
    return readEvent(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Ends a subscription; calling it again does nothing. */
export interface Subscription {
  (): void;
  /**
   * Resolves when whatever is published from now on, on any instance, reaches the listener.
   * @throws {BusUnavailable} where that has not come about within two seconds; the bus goes on trying until it is ended
   */
  ready(): Promise<void>;
}

/**
 * What carries changes from the instance where they happen to those where clients listen: a `ServerEventBus` of the SDK,
 * that also says when it can be relied on. Events are hints to look again. None is kept for who does not listen.
 *
 * @example
 * const stop = bus.subscribe((event) => tell(event), () => tellToLookAgain());
 * await stop.ready();
 * await bus.publish({ kind: 'resource_updated', uri: 'report://job_1', owner: 'alice' });
 * stop();
 */
export interface EventBus {
  /** Which mechanism, for the log. */
  readonly kind: string;
  /** Sends an event to the listeners of all instances. Never rejects: what goes wrong is reported. Nobody has to wait for it. */
  publish(event: ServerEvent): Promise<void>;
  /**
   * Has a listener told of every event, in the order of its publisher. What it throws is reported, and harms no other.
   *
   * @param missed is called where events may have been lost (the engine was down, or the listener too slow), once those
   *   that follow arrive again
   */
  subscribe(listener: (event: ServerEvent) => void, missed?: () => void): Subscription;
  /** Says who is told of what goes wrong with the engine, once an outage, and of what listeners throw. */
  reportTo(onError: (error: unknown) => void): void;
}

/** The bus's engine did not answer. The message names it; the cause stays for the log. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';

  constructor(kind: EventBus['kind'], cause: unknown) {
    super(`The event bus "${kind}" is unavailable. Try again in a moment.`, { cause });
  }
}
