import { createParser, type EventSourceMessage } from 'eventsource-parser';
import * as z from 'zod';

const message = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z.looseObject({}).optional(),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

export type Message = z.infer<typeof message>;

/** An event of a stream; without a message it only says where the stream is. */
export interface ReadEvent {
  readonly id: string | undefined;
  readonly data: string | undefined;
  readonly message: Message | undefined;
}

/** Reads a stream of server-sent events one by one. */
export interface EventReader {
  /** The comments that it has read past. */
  readonly comments: readonly string[];
  /** `undefined` at the end of the stream. */
  event(): Promise<ReadEvent | undefined>;
  /** The next event that has a message. */
  message(): Promise<Message | undefined>;
  /** All messages up to the end of the stream. */
  rest(): Promise<Message[]>;
  /** Leaves, as a client does whose connection breaks. */
  leave(): Promise<void>;
}

export function eventReader({ body }: Response): EventReader {
  const comments: string[] = [];
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
  });
  // Not through a stream of the parser's: who leaves would be told so before the server is.
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  const event = async (): Promise<ReadEvent | undefined> => {
    for (;;) {
      const next = events.shift();
      if (next !== undefined) {
        const data = next.data || undefined;
        return { id: next.id, data, message: data?.startsWith('{') ? message.parse(JSON.parse(data)) : undefined };
      }
      const read = await reader?.read();
      if (read === undefined || read.done) return undefined;
      parser.feed(read.value);
    }
  };
  const nextMessage = async (): Promise<Message | undefined> => {
    const next = await event();
    return next === undefined || next.message !== undefined ? next?.message : nextMessage();
  };
  return {
    comments,
    event,
    message: nextMessage,
    async rest() {
      const messages: Message[] = [];
      for (let next = await nextMessage(); next !== undefined; next = await nextMessage()) messages.push(next);
      return messages;
    },
    leave: async () => reader?.cancel(),
  };
}
