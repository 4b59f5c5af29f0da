import { DurableObject, waitUntil } from 'cloudflare:workers';
import { type EventFeed, engineBus } from './engine-bus.ts';
import { decodeEvent, type EventBus, type ServerEvent } from './event-bus.ts';

/** How long to wait before the hub is called again that could not be reached, or has ended the connection. */
const RETRY_MS = 1_000;

/** All isolates meet in one object. */
const HUB = 'hub';

/**
 * The hub: every listener holds a WebSocket to it, and gets every event. The sockets hibernate, so it costs nothing while
 * nothing happens, and it stores nothing. Export it from the Worker's entry, and declare it in `wrangler.jsonc`.
 */
export class EventHub extends DurableObject {
  override fetch(): Response {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  publish(event: ServerEvent): void {
    const text = JSON.stringify(event);
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(text);
      } catch {
        // It is about to be closed; its listener calls again.
      }
    }
  }
}

/**
 * A bus through one Durable Object. What a request has opened no other may use in a Worker, so each subscription has a
 * connection of its own, to be ended within its request.
 *
 * @example
 * const bus = durableObjectBus(env.EVENTS);
 */
export function durableObjectBus(namespace: DurableObjectNamespace<EventHub>): EventBus {
  let report: (error: unknown) => void = () => {};
  const own = () => {
    const bus = engineBus('durable-object', {
      publish: (event) => namespace.getByName(HUB).publish(event),
      connect: (feed) => dial(namespace, feed),
    });
    bus.reportTo((error) => report(error));
    return bus;
  };
  const publisher = own();
  return {
    kind: publisher.kind,
    publish(event) {
      const published = publisher.publish(event);
      // Also where the answer goes out first.
      waitUntil(published);
      return published;
    },
    subscribe: (listener, missed) => own().subscribe(listener, missed),
    reportTo(onError) {
      report = onError;
    },
  };
}

function dial(namespace: DurableObjectNamespace<EventHub>, feed: EventFeed): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const again = (cause: unknown) => {
    socket = undefined;
    feed.down(cause);
    if (!isOver) timer = setTimeout(call, RETRY_MS);
  };
  const call = async () => {
    try {
      const answer = await namespace.getByName(HUB).fetch('https://hub/', { headers: { upgrade: 'websocket' } });
      const opened = answer.webSocket;
      if (opened === null) throw new Error(`The hub answered with HTTP ${answer.status}.`);
      opened.accept();
      if (isOver) return opened.close();
      socket = opened;
      opened.addEventListener('message', ({ data }) => {
        const event = typeof data === 'string' ? decodeEvent(data) : undefined;
        if (event !== undefined) feed.deliver(event);
      });
      opened.addEventListener('close', () => {
        if (socket === opened) again(new Error('The hub has ended the connection.'));
      });
      feed.up();
    } catch (error) {
      again(error);
    }
  };
  void call();
  return () => {
    isOver = true;
    if (timer !== undefined) clearTimeout(timer);
    socket?.close();
  };
}
