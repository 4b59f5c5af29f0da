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
const kept = z.looseObject({});

/** An event of a stream; its message is empty where it only says where the stream begins. */
export interface LoggedEvent {
  readonly id: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The events of a session's streams, each written by the one instance that holds the stream. */
export interface ReplayLog {
  /** For one stream, to be written by its holder; `after` is how many events it has already. */
  writer(streamId: string, after?: number): (message: JSONRPCMessage | Record<string, never>) => Promise<string>;
  /** The events of a stream behind one; `undefined` where that is no event of this session's, or no longer kept. */
  after(eventId: string): Promise<readonly LoggedEvent[] | undefined>;
}

export function replayLog(store: AtomicStore, sessionId: string): ReplayLog {
  const keyOf = (streamId: string, index: number) => `sessions/${sessionId}/events/${streamId}/${index}`;
  return {
    writer(streamId, after = 0) {
      let next = after;
      return async (message) => {
        const index = next;
        next += 1;
        await store.set(keyOf(streamId, index), JSON.stringify(message), KEPT_SECONDS);
        if (index >= KEPT_EVENTS) await store.delete(keyOf(streamId, index - KEPT_EVENTS));
        return `${streamId}.${index}`;
      };
    },
    async after(eventId) {
      const [, streamId, index] = EVENT_ID.exec(eventId) ?? [];
      if (streamId === undefined || (await store.get(keyOf(streamId, Number(index)))) === undefined) return undefined;
      const events: LoggedEvent[] = [];
      for (let next = Number(index) + 1; ; next++) {
        const held = await store.get(keyOf(streamId, next));
        if (held === undefined) return events;
        events.push({ id: `${streamId}.${next}`, message: kept.parse(JSON.parse(held)) });
      }
    },
  };
}

/** Which stream an event is of, and the how-manieth in it; for an id that {@link ReplayLog.after} knows. */
export function placeOf(eventId: string): { readonly streamId: string; readonly index: number } {
  const [, streamId = '', index] = EVENT_ID.exec(eventId) ?? [];
  return { streamId, index: Number(index) };
}

/** The log as the SDK's transport writes it, where it holds one stream. */
export function eventStoreOf(log: ReplayLog): EventStore {
  const writers = new Map<string, ReturnType<ReplayLog['writer']>>();
  return {
    async storeEvent(streamId, message) {
      const write = writers.get(streamId) ?? log.writer(streamId);
      writers.set(streamId, write);
      return write(message);
    },
    // Streams are resumed by any instance, not by the transport that began them.
    replayEventsAfter: () => Promise.reject(new Error('A transport of one request resumes no stream.')),
  };
}
