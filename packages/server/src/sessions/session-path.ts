import { BusUnavailable } from '@mcp-everywhere/platform/events';
import { StoreUnavailable, ValueTooLarge } from '@mcp-everywhere/platform/state';
import {
  type InitializeRequest,
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCRequest,
  type RequestId,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import {
  CLOSED,
  messageIdOf,
  REFUSED,
  type Refusal,
  refusalResponse,
  TOO_DEEP,
  withOwnId,
} from '../protocol/rpc-error.ts';
import { sdkServer } from '../protocol/sdk-server.ts';
import type { Service } from '../protocol/service.ts';
import { type Reply, replyOf } from './mailbox.ts';
import { ownSession } from './own-session.ts';
import { eventStoreOf } from './replay-log.ts';
import { SESSION_HEADER } from './session-header.ts';
import { logLevel, type SessionRecord } from './session-store.ts';
import { sessionStreams } from './session-streams.ts';
import { SessionTransport } from './session-transport.ts';
import type { Sessions } from './sessions.ts';

/** When a client is to come back whose stream has broken off. */
const RETRY_MS = 1_000;

/** The 2025 era where sessions are on. */
export interface SessionPath {
  /** Messages of the 2025 era. */
  post(request: Request, body: unknown, call: Call): Promise<Response>;
  /** GET and DELETE. */
  other(request: Request, call: Call): Promise<Response>;
  /** Ends the streams that clients have opened by GET, and refuses further ones. */
  endListening(): void;
  /** Refuses what is not answered yet: a call may be waiting for a user, and would hold the end of a process up. */
  close(): Promise<void>;
}

/** As many messages of one POST as the SDK takes: each may cost a write. */
const MAX_BATCH = 100;
/** What a client says of itself lies in the store for as long as its session, and is read with every request. */
const MAX_INITIALIZE_LENGTH = 64 * 1024;

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

const BATCH_TOO_LARGE: Refusal = {
  status: 400,
  code: -32_600,
  message: `Invalid request: a batch has at most ${MAX_BATCH} messages. Send the rest in another.`,
};

const TALKATIVE: Refusal = {
  status: 400,
  code: -32_602,
  message: `Invalid params: what initialize says of a client has at most ${MAX_INITIALIZE_LENGTH} characters. Leave icons and the like out.`,
};

const NOT_ALLOWED: Refusal = {
  status: 405,
  code: REFUSED,
  message: 'Method not allowed: send messages by POST, open a stream by GET, end the session by DELETE.',
  headers: { allow: 'GET, POST, DELETE' },
};

const LARGE_REPLY = { code: REFUSED, message: 'the reply of the client is larger than can be kept for the call' };

const cancelled = z.object({
  method: z.literal('notifications/cancelled'),
  params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }),
});

const setLevel = z.object({ method: z.literal('logging/setLevel'), params: z.looseObject({ level: logLevel }) });

export function sessionPath(service: Service, sessions: Sessions): SessionPath {
  const streams = sessionStreams(service, sessions);
  const serving = new Set<SessionTransport>();

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
      eventStore: eventStoreOf(
        sessions.logOf(id),
        (message) => transport.isLast(message),
        (error) => service.log.warn('An answer could not be kept for replay', { requestId: call.requestId, error }),
      ),
      retryInterval: RETRY_MS,
      // The SDK gives an `initialize` its session; every later request has it already.
      ...(record === undefined && { sessionIdGenerator: () => id }),
    });
    const { deadline } = service;
    const answerBy = deadline && (call.arrivedAt ?? Date.now()) + deadline.ms;
    const transport: SessionTransport = new SessionTransport(inner, sessions.mailboxOf(id), requests, answerBy);
    const server = sdkServer(service, call, 'legacy', ownSession(sessions.records, id, call));
    server.onerror = (error) => service.log.debug('A session refused a message', { requestId: call.requestId, error });
    serving.add(transport);
    transport.over.addEventListener('abort', () => serving.delete(transport));
    await server.connect(transport);
    if (record !== undefined) {
      inner.sessionId = id;
      await transport.tell('initialize', record.initialize as InitializeRequest['params']);
      if (record.logLevel !== undefined) await transport.tell('logging/setLevel', { level: record.logLevel });
      for (const requestId of requests) void heedCancellation(id, requestId, transport, call);
    }
    const response = await inner.handleRequest(request, { parsedBody: body });
    // Nothing will be answered by which it would close itself.
    if (requests.length === 0 || !response.ok) await transport.close();
    return withOwnId(response, body);
  }

  async function heedCancellation(sessionId: string, requestId: RequestId, transport: SessionTransport, call: Call) {
    try {
      if (!(await sessions.cancelled(sessionId, requestId, transport.over))) return;
      await transport.cancel(requestId);
    } catch (error) {
      service.log.debug('Whether a request was cancelled could not be read', { requestId: call.requestId, error });
    }
  }

  async function begin(request: Request, body: InitializeRequest & JSONRPCRequest, call: Call): Promise<Response> {
    if (JSON.stringify(body.params).length > MAX_INITIALIZE_LENGTH) return refusalResponse(TALKATIVE, body.id);
    const id = await sessions.records.create(call.principal.id, body.params);
    const response = await serve(request, body, [body.id], { id }, call);
    if (!response.ok) await sessions.records.end(id);
    return response;
  }

  async function post(request: Request, body: unknown, call: Call): Promise<Response> {
    if (isInitializeRequest(body) && isJSONRPCRequest(body)) return begin(request, body, call);
    const found = await find(request, call);
    if (!('record' in found)) return refusalResponse(found, messageIdOf(body));
    if (Array.isArray(body) && body.length > MAX_BATCH) return refusalResponse(BATCH_TOO_LARGE, undefined);
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
    const mailbox = sessions.mailboxOf(sessionId);
    const delivered = await mailbox.deliver(reply).catch(async (error: unknown) => {
      // Who waits is told of it, and not left to wait.
      if (error instanceof ValueTooLarge) await mailbox.deliver({ jsonrpc: '2.0', id: reply.id, error: LARGE_REPLY });
      throw error;
    });
    if (delivered) return;
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
    post: (request, body, call) => orRefusal(() => post(request, body, call), messageIdOf(body)),
    other: (request, call) =>
      orRefusal(async () => {
        if (request.method !== 'GET' && request.method !== 'DELETE') return refusalResponse(NOT_ALLOWED, undefined);
        const found = await find(request, call);
        if (!('record' in found)) return refusalResponse(found, undefined);
        if (request.method === 'GET') return streams.open(request, found.id, call);
        await sessions.records.end(found.id);
        return new Response(null, { status: 200 });
      }, undefined),
    endListening: streams.end,
    async close() {
      streams.end();
      await Promise.allSettled([...serving].map((transport) => transport.refuse(CLOSED)));
    },
  };
}

/**
 * An engine that is down is no fault of the client's: it may send the same again. What a session keeps is written down, which
 * overflows the stack where it is nested too deeply.
 */
async function orRefusal(answer: () => Promise<Response>, id: RequestId | undefined): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ValueTooLarge) {
      return refusalResponse({ status: 413, code: REFUSED, message: `Reply too large: ${error.message}` }, id);
    }
    if (error instanceof RangeError) return refusalResponse(TOO_DEEP, id);
    if (!(error instanceof StoreUnavailable || error instanceof BusUnavailable)) throw error;
    return refusalResponse({ status: 503, code: -32_603, message: error.message }, id);
  }
}
