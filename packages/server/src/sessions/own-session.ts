import type { Server } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { conceal } from '../protocol/conceal.ts';
import type { Service } from '../protocol/service.ts';
import type { SessionStore } from './session-store.ts';

/** How many resources a session may be subscribed to: all are in its record. The oldest gives way. */
const MAX_SUBSCRIPTIONS = 64;

/** What the handlers of a session's server may change in it. */
export interface OwnSession {
  subscribe(uri: string): Promise<void>;
  unsubscribe(uri: string): Promise<void>;
}

export function ownSession(records: SessionStore, id: string, { principal }: Call): OwnSession {
  return {
    subscribe: (uri) =>
      records.change(id, principal.id, ({ subscriptions }) => ({
        subscriptions: [...new Set([...subscriptions, uri])].slice(-MAX_SUBSCRIPTIONS),
      })),
    unsubscribe: (uri) =>
      records.change(id, principal.id, ({ subscriptions }) => ({
        subscriptions: subscriptions.filter((one) => one !== uri),
      })),
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
      if (found?.uri === uri && (await found.changes(service.contextOf(call)))) await session.subscribe(uri);
      return {};
    }),
  );
  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) =>
    conceal(service, call, async () => {
      await session.unsubscribe(uri);
      return {};
    }),
  );
}
