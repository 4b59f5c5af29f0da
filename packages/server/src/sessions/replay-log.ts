import type { AtomicStore } from '@mcp-everywhere/platform';
import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** How long a client has to come back for what it missed. */
const KEPT_SECONDS = 10 * 60;
/** How many events of one stream are kept. */
const KEPT_EVENTS = 256;

/** How the id of a stream begins that was opened by GET. */
export const STANDALONE = 'get-';

const EVENT_ID = /^((?:get-)?[0-9a-f-]{36})\.(\d{1,9})$/;
const kept = z.object({ message: z.looseObject({}), isLast: z.boolean() });

/** An event of a stream; its message is empty where it only says where the stream begins. */
export interface LoggedEvent {
  readonly id: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The events of a session's streams, each written by the one instance that holds the stream. */
export interface ReplayLog {
  /** For a new stream, to be written by its holder. */
  writer(streamId: string): WriteEvent;
  /** What follows an event; `undefined` where that is no event of this session's, or no longer kept. */
  after(eventId: string): Promise<Continuation | undefined>;
}

/**
 * Logs the next event of a stream, in the order of the calls, and gives its id. Where one cannot be logged, none behind it
 * is: who resumes the stream would not notice the gap.
 *
 * @param isLast whether the stream ends with it
 */
type WriteEvent = (message: JSONRPCMessage | Record<string, never>, isLast?: boolean) => Promise<string>;

/** What follows an event of a stream. */
export interface Continuation {
  readonly events: readonly LoggedEvent[];
  /** Whether the stream ends with them. */
  readonly isOver: boolean;
}

export function replayLog(store: AtomicStore, sessionId: string): ReplayLog {
  const keyOf = (streamId: string, index: number) => `sessions/${sessionId}/events/${streamId}/${index}`;
  return {
    writer(streamId) {
      let written = Promise.resolve('');
      let index = -1;
      return (message, isLast = false) => {
        written = written.then(async () => {
          index += 1;
          await store.set(keyOf(streamId, index), JSON.stringify({ message, isLast }), KEPT_SECONDS);
          if (index >= KEPT_EVENTS) await store.delete(keyOf(streamId, index - KEPT_EVENTS));
          return `${streamId}.${index}`;
        });
        return written;
      };
    },
    async after(eventId) {
      const [, streamId, index] = EVENT_ID.exec(eventId) ?? [];
      if (streamId === undefined) return undefined;
      const read = async (at: number) => {
        const held = await store.get(keyOf(streamId, at));
        return held === undefined ? undefined : kept.parse(JSON.parse(held));
      };
      let at = Number(index);
      let reached = await read(at);
      if (reached === undefined) return undefined;
      const events: LoggedEvent[] = [];
      while (!reached.isLast) {
        at += 1;
        const next = await read(at);
        if (next === undefined) break;
        events.push({ id: `${streamId}.${at}`, message: next.message });
        reached = next;
      }
      return { events, isOver: reached.isLast };
    },
  };
}

/**
 * The log as the SDK's transport writes it, where it holds one stream. What cannot be logged (the store is down, an answer is
 * larger than it takes) is sent all the same, with an id that is none to resume from.
 */
export function eventStoreOf(
  log: ReplayLog,
  isLast: (message: JSONRPCMessage) => boolean,
  onFailure: (error: unknown) => void,
): EventStore {
  const writers = new Map<string, WriteEvent>();
  return {
    async storeEvent(streamId, message) {
      const write = writers.get(streamId) ?? log.writer(streamId);
      writers.set(streamId, write);
      return write(message, isLast(message)).catch((error: unknown) => {
        onFailure(error);
        return `${streamId}.lost`;
      });
    },
    // Streams are resumed by any instance, not by the transport that began them.
    replayEventsAfter: () => Promise.reject(new Error('A transport of one request resumes no stream.')),
  };
}
