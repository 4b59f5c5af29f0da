import type { AtomicStore } from '@mcp-everywhere/platform';
import type { EventBus } from '@mcp-everywhere/platform/events';
import * as z from 'zod';
import { waitFor } from './wait-for.ts';

/** As long as the SDK waits for a user. */
const WAITING_SECONDS = 10 * 60;
/** Somebody may be about to answer: the first looks come quickly, and a user who thinks costs one look a second. */
const LOOKS = { firstMs: 20, atMostMs: 1_000 };

const id = z.union([z.string(), z.number()]);
const reply = z.union([
  z.looseObject({ jsonrpc: z.literal('2.0'), id, result: z.looseObject({}) }),
  z.looseObject({
    jsonrpc: z.literal('2.0'),
    id,
    error: z.looseObject({ code: z.int(), message: z.string() }),
  }),
]);

/** A client's answer to a request of the server's. */
export type Reply = z.infer<typeof reply>;

const letter = z.union([z.object({ waiting: z.literal(true) }), z.object({ reply })]);

/** Where the replies of one session arrive, whichever instance they come to. */
export interface Mailbox {
  /** Says that somebody waits for the reply to a request: to be called before it is sent. */
  expect(requestId: string): Promise<void>;
  /** Resolves with the reply, or `undefined` where `signal` fires first. */
  reply(requestId: string, signal: AbortSignal): Promise<Reply | undefined>;
  /** Hands a reply over. Of several to one request the first counts; `false` where nobody waits (any more). */
  deliver(reply: Reply): Promise<boolean>;
}

/** Reads a message as a reply; `undefined` where it is none. */
export function replyOf(message: unknown): Reply | undefined {
  return reply.safeParse(message).data;
}

/** Tells the instance on which a call waits that there is a reply; where it does not arrive, the call finds it later. */
export interface Bell {
  ring(requestId: string): void;
  /** @returns what ends it */
  onRing(requestId: string, heard: () => void): () => void;
}

/** A bell that is heard wherever a bus is. */
export function bellOn(events: EventBus): Bell {
  return {
    ring: (requestId) => void events.publish({ kind: 'reply_delivered', requestId }),
    onRing: (requestId, heard) =>
      events.subscribe((event) => {
        if (event.kind === 'reply_delivered' && event.requestId === requestId) heard();
      }),
  };
}

/** @param bell absent where there is none: replies are then only looked for */
export function mailbox(store: AtomicStore, sessionId: string, bell?: Bell): Mailbox {
  const keyOf = (requestId: string) => `sessions/${sessionId}/replies/${requestId}`;
  const put = (requestId: string, held: z.infer<typeof letter>) => [keyOf(requestId), JSON.stringify(held)] as const;
  return {
    async expect(requestId) {
      await store.set(...put(requestId, { waiting: true }), WAITING_SECONDS);
    },
    reply: (requestId, signal) =>
      waitFor({ ...LOOKS, ...(bell && { onNews: (look) => bell.onRing(requestId, look) }) }, signal, async () => {
        const held = await store.get(keyOf(requestId));
        const opened = held === undefined ? undefined : letter.parse(JSON.parse(held));
        if (opened === undefined || !('reply' in opened)) return undefined;
        await store.delete(keyOf(requestId));
        return opened.reply;
      }),
    async deliver(message) {
      const requestId = String(message.id);
      // Ids that are none of ours may be of any length.
      if (!/^[0-9a-f-]{36}$/.test(requestId)) return false;
      const held = await store.read(keyOf(requestId));
      if (held === undefined || !('waiting' in letter.parse(JSON.parse(held.value)))) return false;
      const [key, value] = put(requestId, { reply: message });
      const isFirst = (await store.compareAndSet(key, held.version, value, WAITING_SECONDS)) !== undefined;
      if (isFirst) bell?.ring(requestId);
      return isFirst;
    },
  };
}
