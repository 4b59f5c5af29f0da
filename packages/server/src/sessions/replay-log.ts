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
  writer(streamId: string): StreamWriter;
  /** What follows an event; `undefined` where that is no event of this session's, or no longer kept. */
  after(eventId: string): Promise<Continuation | undefined>;
}

/** What the holder of a stream logs. */
interface StreamWriter {
  /**
   * Logs the next event, in the order of the calls, and gives its id. Where one cannot be logged, none behind it is: who
   * resumes the stream would not notice the gap.
   *
   * @param isLast whether the stream ends with it
   */
  write(message: JSONRPCMessage | Record<string, never>, isLast?: boolean): Promise<string>;
  /** Logs that nothing follows, where the last event did not say so: who resumes the stream would wait for it. */
  end(): Promise<void>;
}

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
      /** Of the event that is written next. */
      let index = 0;
      let hasEnd = false;
      const put = (at: number, message: object, isLast: boolean) =>
        store.set(keyOf(streamId, at), JSON.stringify({ message, isLast }), KEPT_SECONDS);
      // Behind the last event of a stream that has broken off.
      const putEnd = (at: number) => put(at, {}, true);
      return {
        write(message, isLast = false) {
          written = written.then(async () => {
            await put(index, message, isLast);
            if (index >= KEPT_EVENTS) await store.delete(keyOf(streamId, index - KEPT_EVENTS));
            hasEnd = isLast;
            index += 1;
            return `${streamId}.${index - 1}`;
          });
          return written;
        },
        async end() {
          const failed = await written.then(
            () => false,
            () => true,
          );
          if (hasEnd) return;
          hasEnd = true;
          await putEnd(index);
          // A write that fails may have happened, and somebody have read it.
          if (failed) await putEnd(index + 1);
        },
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
        if (!isEnd(next)) events.push({ id: `${streamId}.${at}`, message: next.message });
        reached = next;
      }
      return { events, isOver: reached.isLast };
    },
  };
}

function isEnd({ message, isLast }: z.infer<typeof kept>): boolean {
  return isLast && Object.keys(message).length === 0;
}

/** The log of one POST. */
export interface PostLog {
  readonly events: EventStore;
  /** Logs that nothing follows, where the answer did not come to be logged. */
  end(): Promise<void>;
}

/**
 * The log as the SDK's transport writes it, where it holds one stream. What cannot be logged (the store is down, an answer is
 * larger than it takes) is sent all the same, with an id that is none to resume from.
 */
export function postLog(
  log: ReplayLog,
  isLast: (message: JSONRPCMessage) => boolean,
  onFailure: (error: unknown) => void,
): PostLog {
  const writers = new Map<string, StreamWriter>();
  return {
    events: {
      async storeEvent(streamId, message) {
        const writer = writers.get(streamId) ?? log.writer(streamId);
        writers.set(streamId, writer);
        return writer.write(message, isLast(message)).catch((error: unknown) => {
          onFailure(error);
          return `${streamId}.lost`;
        });
      },
      // Streams are resumed by any instance, not by the transport that began them.
      replayEventsAfter: () => Promise.reject(new Error('A transport of one request resumes no stream.')),
    },
    async end() {
      for (const writer of writers.values()) await writer.end().catch(onFailure);
    },
  };
}
