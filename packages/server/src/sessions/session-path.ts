import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import {
  type InitializeRequest,
  isInitializeRequest,
  isJSONRPCRequest,
  type RequestId,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import { messageIdOf, REFUSED, type Refusal, refusalResponse, withOwnId } from '../protocol/rpc-error.ts';
import { sdkServer } from '../protocol/sdk-server.ts';
import type { Service } from '../protocol/service.ts';
import { type Reply, replyOf } from './mailbox.ts';
import { ownSession } from './own-session.ts';
import { eventStoreOf } from './replay-log.ts';
import { logLevel, type SessionRecord } from './session-store.ts';
import { sessionStreams } from './session-streams.ts';
import { SessionTransport } from './session-transport.ts';
import type { Sessions } from './sessions.ts';

const SESSION_HEADER = 'mcp-session-id';
/** When a client is to come back whose stream has broken off. */
const RETRY_MS = 1_000;

/** The 2025 era where sessions are on. */
export interface SessionPath {
  /** Messages of the 2025 era. */
  post(request: Request, body: unknown, call: Call): Promise<Response>;
  /** GET and DELETE. */
  other(request: Request, call: Call): Promise<Response>;
  /** Ends the streams that clients have opened by GET. */
  endListening(): void;
}

const MISSING: Refusal = {
  status: 400,
  code: REFUSED,
  message:
    'Bad request: send the Mcp-Session-Id that the answer to initialize brought. To begin a session, send initialize.',
};

/** The same for all that is not there for this caller, so that nobody learns of other people's sessions. */
const UNKNOWN: Refusal = {
  status: 404,
  code: -32_001,
  message: 'Session not found: it is unknown, has ended or has expired. Begin a new one with initialize.',
};

const NOT_ALLOWED: Refusal = {
  status: 405,
  code: REFUSED,
  message: 'Method not allowed: send messages by POST, open a stream by GET, end the session by DELETE.',
  headers: { allow: 'GET, POST, DELETE' },
};

const cancelled = z.object({
  method: z.literal('notifications/cancelled'),
  params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }),
});

const setLevel = z.object({ method: z.literal('logging/setLevel'), params: z.looseObject({ level: logLevel }) });

export function sessionPath(service: Service, sessions: Sessions): SessionPath {
  const streams = sessionStreams(service, sessions);

  /** Answers the requests of one POST by a server made for it, which is told what the session knows. */
  async function serve(
    request: Request,
    body: unknown,
    requests: readonly RequestId[],
    session: { readonly id: string; readonly record?: SessionRecord },
    call: Call,
  ): Promise<Response> {
    const { id, record } = session;
    const inner = new WebStandardStreamableHTTPServerTransport({
      eventStore: eventStoreOf(sessions.logOf(id)),
      retryInterval: RETRY_MS,
      // The SDK gives an `initialize` its session; every later request has it already.
      ...(record === undefined && { sessionIdGenerator: () => id }),
    });
    const transport = new SessionTransport(inner, sessions.mailboxOf(id), requests);
    const server = sdkServer(service, call, 'legacy', ownSession(sessions.records, id, call));
    server.onerror = (error) => service.log.debug('A session refused a message', { requestId: call.requestId, error });
    await server.connect(transport);
    if (record !== undefined) {
      inner.sessionId = id;
      await transport.tell('initialize', record.initialize as InitializeRequest['params']);
      if (record.logLevel !== undefined) await transport.tell('logging/setLevel', { level: record.logLevel });
      for (const requestId of requests) void heedCancellation(id, requestId, transport, call);
    }
    return withOwnId(await inner.handleRequest(request, { parsedBody: body }), body);
  }

  async function heedCancellation(sessionId: string, requestId: RequestId, transport: SessionTransport, call: Call) {
    try {
      if (!(await sessions.cancelled(sessionId, requestId, transport.over))) return;
      transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    } catch (error) {
      service.log.debug('Whether a request was cancelled could not be read', { requestId: call.requestId, error });
    }
  }

  async function begin(request: Request, body: InitializeRequest, call: Call): Promise<Response> {
    const id = await sessions.records.create(call.principal.id, body.params);
    const requestId = messageIdOf(body);
    return serve(request, body, requestId === undefined ? [] : [requestId], { id }, call);
  }

  async function post(request: Request, body: unknown, call: Call): Promise<Response> {
    if (isInitializeRequest(body)) return begin(request, body, call);
    const found = await find(request, call);
    if (!('record' in found)) return refusalResponse(found, messageIdOf(body));
    const rest = await heeded(body, found.id, call);
    if (rest.length === 0) return new Response(null, { status: 202 });
    const requests = rest.flatMap((message) => (isJSONRPCRequest(message) ? [message.id] : []));
    return serve(request, Array.isArray(body) ? rest : body, requests, found, call);
  }

  /** Takes replies to whoever waits for them and notes what changes the session; gives the messages that are no replies. */
  async function heeded(body: unknown, sessionId: string, call: Call): Promise<unknown[]> {
    const rest: unknown[] = [];
    for (const message of Array.isArray(body) ? body : [body]) {
      const reply = replyOf(message);
      if (reply !== undefined) await deliver(reply, sessionId, call);
      else {
        await note(message, sessionId, call);
        rest.push(message);
      }
    }
    return rest;
  }

  async function deliver(reply: Reply, sessionId: string, { requestId }: Call): Promise<void> {
    if (await sessions.mailboxOf(sessionId).deliver(reply)) return;
    service.log.info('A reply came that nobody waits for', { requestId });
  }

  async function note(message: unknown, sessionId: string, { principal }: Call): Promise<void> {
    const cancellation = cancelled.safeParse(message).data;
    if (cancellation !== undefined) await sessions.cancel(sessionId, cancellation.params.requestId);
    const logLevel = setLevel.safeParse(message).data?.params.level;
    if (logLevel !== undefined) await sessions.records.change(sessionId, principal.id, () => ({ logLevel }));
  }

  async function find(
    request: Request,
    call: Call,
  ): Promise<Refusal | { readonly id: string; readonly record: SessionRecord }> {
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return MISSING;
    const record = await sessions.records.load(id, call.principal.id);
    return record === undefined ? UNKNOWN : { id, record };
  }

  return {
    post: (request, body, call) => orUnavailable(() => post(request, body, call), messageIdOf(body)),
    other: (request, call) =>
      orUnavailable(async () => {
        if (request.method !== 'GET' && request.method !== 'DELETE') return refusalResponse(NOT_ALLOWED, undefined);
        const found = await find(request, call);
        if (!('record' in found)) return refusalResponse(found, undefined);
        if (request.method === 'GET') return streams.open(request, found.id, call);
        await sessions.records.end(found.id);
        return new Response(null, { status: 200 });
      }, undefined),
    endListening: streams.end,
  };
}

/** A store that is down is no fault of the client's: it may send the same again. */
async function orUnavailable(answer: () => Promise<Response>, id: RequestId | undefined): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return refusalResponse({ status: 503, code: -32_603, message: error.message }, id);
  }
}
