import { createMcpHandler, type ServerEventBus } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { KEEP_ALIVE_MS } from './held-streams.ts';
import { sdkServer } from './sdk-server.ts';
import type { Listening, Service } from './service.ts';

/** One stream on which a client listens, from before it is answered. */
export interface SubscriptionStream {
  /** Answers with the stream, or with what the SDK has to say against it. */
  answer(request: Request, message: object): Promise<Response>;
  /** Ends it, with the answer that says so. */
  end(): void;
  /** Lets the bus go where the stream was not answered. */
  release(): void;
}

/**
 * Prepares a stream: when this resolves, nothing that is published is lost to it. The SDK serves it with a handler of its
 * own, so that it has a bus of its own, which carries only what its principal may know, and can be ended by itself.
 *
 * @param uris the resources it is about, all of which the caller may know of
 * @param onRelease is called when it holds nothing any more
 * @throws {BusUnavailable}
 */
export async function openStream(
  service: Service,
  { events, forMs }: Extract<Listening, { readonly held: true }>,
  call: Call,
  uris: readonly string[],
  onRelease: (stream: SubscriptionStream) => void,
): Promise<SubscriptionStream> {
  let heard: Parameters<ServerEventBus['subscribe']>[0] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = events.subscribe(
    (event) => {
      if (event.kind === 'reply_delivered') return;
      if (event.owner !== undefined && event.owner !== call.principal.id) return;
      heard?.(event.kind === 'resource_updated' ? { kind: event.kind, uri: event.uri } : { kind: event.kind });
    },
    () => {
      // What happened meanwhile nobody knows: each may have changed.
      for (const uri of uris) heard?.({ kind: 'resource_updated', uri });
    },
  );
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    stop();
    if (timer !== undefined) clearTimeout(timer);
    onRelease(stream);
    service.log.debug('A client has stopped listening', { requestId: call.requestId });
  };
  const bus: ServerEventBus = {
    publish() {},
    subscribe(listener) {
      heard = listener;
      return release;
    },
  };
  const sdk = createMcpHandler(() => sdkServer(service, call, 'modern'), {
    bus,
    keepAliveMs: KEEP_ALIVE_MS,
    onerror: (error) => service.log.debug('A stream to listen on was refused or failed', { error }),
  });
  const stream: SubscriptionStream = {
    release,
    end: () => void sdk.close(),
    async answer(request, parsedBody) {
      if (forMs !== undefined) timer = setTimeout(stream.end, forMs - (Date.now() - (call.arrivedAt ?? Date.now())));
      try {
        return await sdk.fetch(request, { parsedBody });
      } finally {
        // Refused, or acknowledged with nothing to listen to.
        if (heard === undefined) release();
      }
    },
  };
  try {
    await stop.ready();
    service.log.debug('A client listens', { requestId: call.requestId, resources: uris.length });
    return stream;
  } catch (error) {
    release();
    throw error;
  }
}
