import {
  isJSONRPCNotification,
  type JSONRPCMessage,
  SUBSCRIPTION_ID_META_KEY,
  type Transport,
} from '@modelcontextprotocol/server';
import * as z from 'zod';

const acknowledgement = z.object({
  method: z.literal('notifications/subscriptions/acknowledged'),
  params: z.object({
    notifications: z.object({ resourceSubscriptions: z.array(z.string()) }),
    _meta: z.object({ [SUBSCRIPTION_ID_META_KEY]: z.union([z.string(), z.number()]) }),
  }),
});

const cancellation = z.object({
  method: z.literal('notifications/cancelled'),
  params: z.object({ requestId: z.union([z.string(), z.number()]) }),
});

/** A connection, and what its client listens to. */
export interface ListenedConnection {
  readonly transport: Transport;
  /** The resources of all its subscriptions, each once. */
  uris(): ReadonlySet<string>;
}

/** Notes what passes on a connection: of what its client listens to, the SDK says nothing to the server that it serves. */
export function listenedUris(wire: Transport): ListenedConnection {
  const subscriptions = new Map<string | number, readonly string[]>();
  const transport: Transport = {
    start() {
      wire.onclose = () => transport.onclose?.();
      wire.onerror = (error) => transport.onerror?.(error);
      wire.onmessage = (message, extra) => {
        const cancelled = noticeOf(cancellation, message);
        if (cancelled !== undefined) subscriptions.delete(cancelled.params.requestId);
        transport.onmessage?.(message, extra);
      };
      return wire.start();
    },
    send(message, options) {
      const acknowledged = noticeOf(acknowledgement, message)?.params;
      if (acknowledged !== undefined) {
        const { _meta, notifications } = acknowledged;
        subscriptions.set(_meta[SUBSCRIPTION_ID_META_KEY], notifications.resourceSubscriptions);
      }
      return wire.send(message, options);
    },
    close: () => wire.close(),
  };
  return { transport, uris: () => new Set([...subscriptions.values()].flat()) };
}

function noticeOf<Notice>(notice: z.ZodType<Notice>, message: JSONRPCMessage): Notice | undefined {
  return isJSONRPCNotification(message) ? notice.safeParse(message).data : undefined;
}
