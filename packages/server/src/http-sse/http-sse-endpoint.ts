import type { Call } from '../context/tool-context.ts';
import { readBody } from '../http/body.ts';
import { parseJson } from '../http/json.ts';
import { withRequestId } from '../http/request-id.ts';
import { CLOSED, REFUSED, type Refusal, refusalResponse, tooLarge } from '../protocol/rpc-error.ts';
import type { Service } from '../protocol/service.ts';

/** Where a client opens its stream, and where it sends its messages. */
export const SSE_PATH = '/sse';
export const MESSAGES_PATH = '/messages';

/** The sessions of HTTP+SSE: each is a stream that this process holds, and ends with it. */
export interface HttpSse {
  /** Begins a session: its stream. */
  open(request: Request, call: Call): Promise<Response>;
  /** Takes a message for a session; it is answered on the session's stream. */
  take(request: Request, body: unknown, call: Call): Promise<Response>;
  /** Ends each stream when all is answered on it, and opens no more. */
  drain(): void;
  /** Ends all streams now. */
  close(): Promise<void>;
}

/** Loads what holds the sessions: most servers never need it. */
export type LoadHttpSse = () => Promise<(service: Service) => HttpSse>;

/** The HTTP+SSE transport of 2024-11-05: two URLs. */
export interface HttpSseEndpoint {
  stream(request: Request, call: Call): Promise<Response>;
  message(request: Request, call: Call): Promise<Response>;
  /** Ends each stream when all is answered on it, and opens no more. */
  endListening(): void;
  close(): Promise<void>;
}

const notAllowed = (allow: string, message: string): Refusal => ({
  status: 405,
  code: REFUSED,
  message: `Method not allowed: ${message}`,
  headers: { allow },
});
const NOT_GET = notAllowed('GET', 'open a stream by GET. A client of 2025-03-26 or later sends its messages to /mcp.');
const NOT_POST = notAllowed('POST', 'send messages by POST, to the address that the stream begins with.');

export function httpSseEndpoint(service: Service, load: LoadHttpSse, maxBodyBytes: number): HttpSseEndpoint {
  let loading: Promise<HttpSse> | undefined;
  const loaded = (): Promise<HttpSse> => {
    loading ??= load().then(
      (make) => make(service),
      (error: unknown) => {
        // The next request tries again.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  let isOver = false;

  const stream = async (request: Request, call: Call): Promise<Response> => {
    if (request.method !== 'GET') return refusalResponse(NOT_GET, undefined);
    return isOver ? refusalResponse(CLOSED, undefined) : (await loaded()).open(request, call);
  };
  const message = async (request: Request, call: Call): Promise<Response> => {
    if (request.method !== 'POST') return refusalResponse(NOT_POST, undefined);
    const text = await readBody(request, maxBodyBytes);
    if (text === undefined) return refusalResponse(tooLarge(maxBodyBytes), undefined);
    return (await loaded()).take(request, parseJson(text), call);
  };
  return {
    stream: async (request, call) => withRequestId(await stream(request, call), call.requestId),
    message: async (request, call) => withRequestId(await message(request, call), call.requestId),
    endListening() {
      isOver = true;
      // Where it cannot be loaded, who asked for it is told.
      void loading?.then(
        (sessions) => sessions.drain(),
        () => {},
      );
    },
    async close() {
      isOver = true;
      const sessions = await loading?.catch(() => undefined);
      await sessions?.close();
    },
  };
}
