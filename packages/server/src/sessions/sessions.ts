import type { AtomicStore } from '@mcp-everywhere/platform';
import { sha256Hex } from '@mcp-everywhere/platform/digest';
import { type Bell, type Mailbox, mailbox } from './mailbox.ts';
import { type ReplayLog, replayLog } from './replay-log.ts';
import { type SessionStore, sessionStore, withCancelled } from './session-store.ts';
import { waitFor } from './wait-for.ts';

/** By how much the clocks of two instances may differ: what was cancelled before a request came is another of its id. */
const CLOCKS_DIFFER_MS = 60_000;
/** A call that is over sooner looks for no cancellation. */
const LOOKS = { firstMs: 100, atMostMs: 1_000 };

/** The sessions of 2025-era clients: all of them in the store, so that any instance serves any request of any of them. */
export interface Sessions {
  readonly records: SessionStore;
  mailboxOf(sessionId: string): Mailbox;
  logOf(sessionId: string): ReplayLog;
  /** Tells whichever instance runs a request that the client does not want it any more. */
  cancel(sessionId: string, owner: string, requestId: string | number): Promise<void>;
  /** Resolves with whether a request was cancelled, or its session ended; `false` when `over` fires. */
  cancelled(sessionId: string, owner: string, requestId: string | number, over: AbortSignal): Promise<boolean>;
}

/** @param bell how a reply is told of; absent where there is nothing quicker than to look for it */
export function sessionsIn(store: AtomicStore, bell?: Bell): Sessions {
  const records = sessionStore(store);
  return {
    records,
    mailboxOf: (sessionId) => mailbox(store, sessionId, bell),
    logOf: (sessionId) => replayLog(store, sessionId),
    async cancel(sessionId, owner, requestId) {
      const request = await digestOf(requestId);
      await records.change(sessionId, owner, (session) => withCancelled(session, request));
    },
    async cancelled(sessionId, owner, requestId, over) {
      const request = await digestOf(requestId);
      const since = Date.now() - CLOCKS_DIFFER_MS;
      const isUnwanted = async () => {
        const session = await records.load(sessionId, owner);
        const unwanted =
          session === undefined || session.cancelled.some((one) => one.request === request && one.at > since);
        return unwanted || undefined;
      };
      return (await waitFor(LOOKS, over, isUnwanted)) ?? false;
    },
  };
}

/** Of the id of a request, which may be of any length. */
async function digestOf(requestId: string | number): Promise<string> {
  return (await sha256Hex(JSON.stringify(requestId))).slice(0, 32);
}
