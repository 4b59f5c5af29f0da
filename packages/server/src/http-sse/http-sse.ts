import { isJsonContentType } from '@modelcontextprotocol/server';
import { HTTP_SSE_ENDS } from '../config.ts';
import type { Call } from '../context/tool-context.ts';
import { FULL, KEEP_ALIVE_MS, MAX_STREAMS } from '../protocol/held-streams.ts';
import {
  CLOSED,
  messageIdOf,
  NOT_EVENTS,
  NOT_JSON,
  PARSE_ERROR,
  REFUSED,
  type Refusal,
  refusalResponse,
} from '../protocol/rpc-error.ts';
import { sdkServer } from '../protocol/sdk-server.ts';
import type { Service } from '../protocol/service.ts';
import { DrainingTransport } from './draining-transport.ts';
import { type HttpSse, MESSAGES_PATH } from './http-sse-endpoint.ts';

const UNNAMED: Refusal = {
  status: 400,
  code: REFUSED,
  message: 'Bad request: send messages to the address that the stream begins with; it ends in the sessionId.',
};

/** The same for all that is not there for this caller, so that nobody learns of other people's sessions. */
const UNKNOWN: Refusal = {
  status: 404,
  code: -32_001,
  message: 'Session not found: its stream is not open here, or is not yours. Open a new one by GET /sse.',
};

const NO_MESSAGE: Refusal = {
  status: 400,
  code: -32_600,
  message: 'Invalid request: the body is not one JSON-RPC message. Send each message by itself.',
};

/** What the SDK's transport writes a stream to: a response of `node:http`, which becomes one for `fetch`. */
type StreamedResponse = ConstructorParameters<typeof DrainingTransport>[1] & { readonly response: Promise<Response> };

interface Session {
  readonly owner: string;
  readonly transport: DrainingTransport;
  close(): Promise<void>;
}

/**
 * Holds the sessions of HTTP+SSE, by the SDK's transport of 2024-11-05, which it keeps frozen. That one writes to a response
 * of `node:http`; its messages are read here, as those of `/mcp` are.
 *
 * @param respond makes a response for a stream
 *
 * @example
 * httpSse: async () => (await import('@mcp-everywhere/server/http-sse')).httpSse(() => new StreamedResponse())
 */
export function httpSse(respond: () => StreamedResponse): (service: Service) => HttpSse {
  return (service) => {
    const sessions = new Map<string, Session>();
    let isDraining = false;

    async function begin({ requestId, principal, signal }: Call): Promise<Response> {
      const streamed = respond();
      streamed.setHeader('x-accel-buffering', 'no');
      streamed.setHeader('sunset', new Date(HTTP_SSE_ENDS).toUTCString());
      const transport = new DrainingTransport(MESSAGES_PATH, streamed);
      // Not when the stream came: each call has the time that there is for one.
      const server = sdkServer(service, { requestId, principal, signal }, 'legacy');
      server.onerror = (error) => service.log.debug('HTTP+SSE refused a message, or failed', { requestId, error });
      const { sessionId } = transport;
      const { listening } = service;
      const ends = listening.held ? listening.forMs : undefined;
      const timers = [
        setInterval(() => streamed.write(': keep-alive\n\n'), KEEP_ALIVE_MS),
        ...(ends === undefined ? [] : [setTimeout(() => void transport.close(), ends)]),
      ];
      server.onclose = () => {
        for (const timer of timers) clearTimeout(timer);
        sessions.delete(sessionId);
      };
      sessions.set(sessionId, { owner: principal.id, transport, close: () => server.close() });
      await server.connect(transport);
      // One who leaves before there is a response cancels none.
      signal().addEventListener('abort', () => void transport.close());
      return streamed.response;
    }

    /** The session that a message is for, or why it is for none. */
    function addressed(request: Request, body: unknown, { principal }: Call): Session | Refusal {
      if (!isJsonContentType(request.headers.get('content-type'))) return NOT_JSON;
      if (body === undefined) return PARSE_ERROR;
      const id = new URL(request.url).searchParams.get('sessionId');
      if (id === null) return UNNAMED;
      const session = sessions.get(id);
      return session?.owner === principal.id ? session : UNKNOWN;
    }

    return {
      async open(request, call) {
        if (!request.headers.get('accept')?.includes('text/event-stream'))
          return refusalResponse(NOT_EVENTS, undefined);
        if (isDraining) return refusalResponse(CLOSED, undefined);
        if (sessions.size >= MAX_STREAMS) return refusalResponse(FULL, undefined);
        return begin(call);
      },
      async take(request, body, call) {
        const session = addressed(request, body, call);
        if ('status' in session) return refusalResponse(session, messageIdOf(body));
        try {
          await session.transport.handleMessage(body);
        } catch {
          return refusalResponse(NO_MESSAGE, messageIdOf(body));
        }
        return new Response('Accepted', { status: 202 });
      },
      drain() {
        isDraining = true;
        for (const { transport } of sessions.values()) void transport.drain();
      },
      async close() {
        isDraining = true;
        await Promise.all([...sessions.values()].map((session) => session.close()));
      },
    };
  };
}
