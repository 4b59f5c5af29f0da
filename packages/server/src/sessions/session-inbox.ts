import { ValueTooLarge } from '@mcp-everywhere/platform/state';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import { REFUSED } from '../protocol/rpc-error.ts';
import type { Service } from '../protocol/service.ts';
import { type Reply, replyOf } from './mailbox.ts';
import { logLevel } from './session-store.ts';
import type { Sessions } from './sessions.ts';

const LARGE_REPLY = { code: REFUSED, message: 'the reply of the client is larger than can be kept for the call' };

const cancelled = z.object({
  method: z.literal('notifications/cancelled'),
  params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }),
});

const setLevel = z.object({ method: z.literal('logging/setLevel'), params: z.looseObject({ level: logLevel }) });

/** What the messages of a client mean for others than who answers them. */
export interface SessionInbox {
  /** Takes replies to whoever waits for them and notes what changes the session; gives the messages that are no replies. */
  heed(messages: readonly unknown[], sessionId: string, call: Call): Promise<unknown[]>;
}

export function sessionInbox({ log }: Pick<Service, 'log'>, sessions: Sessions): SessionInbox {
  async function heed(messages: readonly unknown[], sessionId: string, call: Call): Promise<unknown[]> {
    const rest: unknown[] = [];
    for (const message of messages) {
      const reply = replyOf(message);
      if (reply !== undefined) await deliver(reply, sessionId, call);
      else {
        await note(message, sessionId, call);
        rest.push(message);
      }
    }
    return rest;
  }

  async function deliver(reply: Reply, sessionId: string, { requestId }: Call): Promise<void> {
    const mailbox = sessions.mailboxOf(sessionId);
    const delivered = await mailbox.deliver(reply).catch(async (error: unknown) => {
      // Who waits is told of it, and not left to wait.
      if (error instanceof ValueTooLarge) await mailbox.deliver({ jsonrpc: '2.0', id: reply.id, error: LARGE_REPLY });
      throw error;
    });
    if (delivered) return;
    log.info('A reply came that nobody waits for', { requestId });
  }

  async function note(message: unknown, sessionId: string, { principal }: Call): Promise<void> {
    const cancellation = cancelled.safeParse(message).data;
    if (cancellation !== undefined) await sessions.cancel(sessionId, principal.id, cancellation.params.requestId);
    const logLevel = setLevel.safeParse(message).data?.params.level;
    if (logLevel === undefined) return;
    await sessions.records.change(sessionId, principal.id, (session) =>
      session.logLevel === logLevel ? undefined : { logLevel },
    );
  }

  return { heed };
}
