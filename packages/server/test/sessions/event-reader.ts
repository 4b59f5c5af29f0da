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
  readonly message: Message | undefined;
}

/** Reads a stream of server-sent events one by one, past its comments. */
export interface EventReader {
  /** `undefined` at the end of the stream. */
  event(): Promise<ReadEvent | undefined>;
  /** The next event that has a message. */
  message(): Promise<Message | undefined>;
  /** All messages up to the end of the stream. */
  rest(): Promise<Message[]>;
  /** Leaves, as a client does whose connection breaks. */
  leave(): Promise<void>;
}

export function eventReader(response: Response): EventReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const block = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 2);
        return found;
      }
      const next = await reader?.read();
      if (next === undefined || next.done) return undefined;
      text += next.value;
    }
  };
  const field = (found: string, name: string) =>
    found
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const event = async (): Promise<ReadEvent | undefined> => {
    const found = await block();
    if (found === undefined) return undefined;
    if (found.startsWith(':')) return event();
    const data = field(found, 'data');
    return { id: field(found, 'id'), message: data ? message.parse(JSON.parse(data)) : undefined };
  };
  const nextMessage = async (): Promise<Message | undefined> => {
    const next = await event();
    return next === undefined || next.message !== undefined ? next?.message : nextMessage();
  };
  return {
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
