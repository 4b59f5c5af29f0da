import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { conceal } from '../protocol/conceal.ts';
import type { Service } from '../protocol/service.ts';
import type { SessionStore } from './session-store.ts';

/** How many resources a session may be subscribed to: all are in its record. */
const MAX_SUBSCRIPTIONS = 64;

/** What the handlers of a session's server may change in it. */
export interface OwnSession {
  /** @returns whether there is room for one more; what is not there for the caller takes none */
  subscribe(uri: string, isThere: boolean): Promise<boolean>;
  unsubscribe(uri: string): Promise<void>;
}

export function ownSession(records: SessionStore, id: string, { principal }: Call): OwnSession {
  return {
    async subscribe(uri, isThere) {
      let hasRoom = true;
      await records.change(id, principal.id, ({ subscriptions }) => {
        const isNew = !subscriptions.includes(uri);
        hasRoom = !isNew || subscriptions.length < MAX_SUBSCRIPTIONS;
        return isNew && hasRoom && isThere ? { subscriptions: [...subscriptions, uri] } : undefined;
      });
      return hasRoom;
    },
    unsubscribe: (uri) =>
      records.change(id, principal.id, ({ subscriptions }) =>
        subscriptions.includes(uri) ? { subscriptions: subscriptions.filter((one) => one !== uri) } : undefined,
      ),
  };
}

/**
 * `resources/subscribe` and `resources/unsubscribe`. What the caller may not know of is answered as if it might, and never
 * told of: nobody learns by subscribing that something is there.
 */
export function serveSubscriptions(server: Server, service: Service, call: Call, session: OwnSession): void {
  server.setRequestHandler('resources/subscribe', ({ params: { uri } }) =>
    conceal(service, call, async () => {
      const found = service.registry.findResource(uri);
      const isThere = found?.uri === uri && (await found.changes(service.contextOf(call)));
      if (await session.subscribe(uri, isThere)) return {};
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `A session is subscribed to at most ${MAX_SUBSCRIPTIONS} resources. Unsubscribe from one first.`,
      );
    }),
  );
  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) =>
    conceal(service, call, async () => {
      await session.unsubscribe(uri);
      return {};
    }),
  );
}
