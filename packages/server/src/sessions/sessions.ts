import type { AtomicStore } from '@mcp-everywhere/platform';
import { sha256Hex } from '@mcp-everywhere/platform/digest';
import { type Bell, type Mailbox, mailbox } from './mailbox.ts';
import { type ReplayLog, replayLog } from './replay-log.ts';
import { type SessionStore, sessionStore } from './session-store.ts';
import { waitFor } from './wait-for.ts';

const CANCELLED_SECONDS = 10 * 60;
/** A call that is over sooner looks for no cancellation. */
const LOOKS = { firstMs: 100, atMostMs: 1_000 };

/** The sessions of 2025-era clients: all of them in the store, so that any instance serves any request of any of them. */
export interface Sessions {
  readonly records: SessionStore;
  mailboxOf(sessionId: string): Mailbox;
  logOf(sessionId: string): ReplayLog;
  /** Tells whichever instance runs a request that the client does not want it any more. */
  cancel(sessionId: string, requestId: string | number): Promise<void>;
  /** Resolves with whether a request was cancelled, `false` when `over` fires. */
  cancelled(sessionId: string, requestId: string | number, over: AbortSignal): Promise<boolean>;
}

/** @param bell how a reply is told of; absent where there is nothing quicker than to look for it */
export function sessionsIn(store: AtomicStore, bell?: Bell): Sessions {
  const cancelKey = async (sessionId: string, requestId: string | number) =>
    `sessions/${sessionId}/cancelled/${await sha256Hex(JSON.stringify(requestId))}`;
  return {
    records: sessionStore(store),
    mailboxOf: (sessionId) => mailbox(store, sessionId, bell),
    logOf: (sessionId) => replayLog(store, sessionId),
    async cancel(sessionId, requestId) {
      await store.set(await cancelKey(sessionId, requestId), 'cancelled', CANCELLED_SECONDS);
    },
    async cancelled(sessionId, requestId, over) {
      const key = await cancelKey(sessionId, requestId);
      return (await waitFor(LOOKS, over, () => store.get(key))) !== undefined;
    },
  };
}
