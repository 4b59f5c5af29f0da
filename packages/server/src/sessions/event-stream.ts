import { KEEP_ALIVE_MS } from '../protocol/held-streams.ts';
import type { LoggedEvent } from './replay-log.ts';
import { SESSION_HEADER } from './session-header.ts';

const encoder = new TextEncoder();

/** A stream of server-sent events that is written bit by bit. */
export interface EventStream {
  readonly response: Response;
  /** Fires when the client has left, or the stream was ended. */
  readonly over: AbortSignal;
  send(event: LoggedEvent): void;
  end(): void;
}

export function eventStream(sessionId: string): EventStream {
  const over = new AbortController();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel: () => over.abort(),
  });
  const write = (text: string) => {
    if (!over.signal.aborted) controller?.enqueue(encoder.encode(text));
  };
  const keepAlive = setInterval(() => write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  over.signal.addEventListener('abort', () => clearInterval(keepAlive));
  return {
    response: new Response(body, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        [SESSION_HEADER]: sessionId,
      },
    }),
    over: over.signal,
    send({ id, message }) {
      const isMessage = Object.hasOwn(message, 'jsonrpc');
      write(`${isMessage ? 'event: message\n' : ''}id: ${id}\ndata: ${isMessage ? JSON.stringify(message) : ''}\n\n`);
    },
    end() {
      if (over.signal.aborted) return;
      over.abort();
      controller?.close();
    },
  };
}
