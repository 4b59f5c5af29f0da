import {
  type InitializeRequest,
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCRequest,
  LATEST_PROTOCOL_VERSION,
  type RequestId,
  SUPPORTED_PROTOCOL_VERSIONS,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { MAX_STREAMS } from '../protocol/held-streams.ts';
import { CLOSED, messageIdOf, type Refusal, refusalResponse, withOwnId } from '../protocol/rpc-error.ts';
import { sdkServer } from '../protocol/sdk-server.ts';
import type { Service } from '../protocol/service.ts';
import { ownSession } from './own-session.ts';
import { postLog } from './replay-log.ts';
import { SESSION_HEADER } from './session-header.ts';
import { sessionInbox } from './session-inbox.ts';
import {
  BATCH_TOO_LARGE,
  BUSY,
  MALFORMED,
  MAX_BATCH,
  MAX_INITIALIZE_LENGTH,
  MISSING,
  NOT_ALLOWED,
  orRefusal,
  TALKATIVE,
  UNKNOWN,
} from './session-refusals.ts';
import type { SessionRecord } from './session-store.ts';
import { sessionStreams } from './session-streams.ts';
import { SessionTransport } from './session-transport.ts';
import type { Sessions } from './sessions.ts';

/** When a client is to come back whose stream has broken off. */
const RETRY_MS = 1_000;

/** A session that a request is served in: one that the request begins has no record to tell its server of. */
interface Served {
  readonly id: string;
  readonly record?: SessionRecord;
}

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

export function sessionPath(service: Service, sessions: Sessions): SessionPath {
  const streams = sessionStreams(service, sessions);
  const inbox = sessionInbox(service, sessions);
  const serving = new Set<SessionTransport>();
  let isOver = false;

  /** The transport of one POST, and the SDK's own that it is built on. */
  function transportOf({ id, record }: Served, requests: readonly RequestId[], call: Call) {
    const log = postLog(
      sessions.logOf(id),
      (message) => transport.isLast(message),
      (error) => service.log.warn('An answer could not be kept for replay', { requestId: call.requestId, error }),
    );
    const inner = new WebStandardStreamableHTTPServerTransport({
      eventStore: log.events,
      retryInterval: RETRY_MS,
      // The SDK gives an `initialize` its session; every later request has it already.
      ...(record === undefined && { sessionIdGenerator: () => id }),
    });
    const { deadline } = service;
    const answerBy = deadline && (call.arrivedAt ?? Date.now()) + deadline.ms;
    const transport: SessionTransport = new SessionTransport(
      inner,
      sessions.mailboxOf(id),
      requests,
      answerBy,
      log.end,
    );
    return { inner, transport };
  }

  /** Answers the requests of one POST by a server made for it, which is told what the session knows. */
  async function serve(
    request: Request,
    body: unknown,
    requests: readonly RequestId[],
    session: Served,
    call: Call,
  ): Promise<Response> {
    if (requests.length > 0 && serving.size >= MAX_STREAMS) return refusalResponse(BUSY, messageIdOf(body));
    const { id, record } = session;
    const { inner, transport } = transportOf(session, requests, call);
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
    const response = await inner.handleRequest(versioned(request, record), { parsedBody: body });
    // Nothing will be answered by which it would close itself.
    if (requests.length === 0 || !response.ok) await transport.close();
    return withOwnId(response, body);
  }

  async function heedCancellation(sessionId: string, requestId: RequestId, transport: SessionTransport, call: Call) {
    try {
      if (!(await sessions.cancelled(sessionId, call.principal.id, requestId, transport.over))) return;
      await transport.cancel(requestId);
    } catch (error) {
      service.log.debug('Whether a request was cancelled could not be read', { requestId: call.requestId, error });
    }
  }

  async function begin(request: Request, body: InitializeRequest & JSONRPCRequest, call: Call): Promise<Response> {
    if (JSON.stringify(body.params).length > MAX_INITIALIZE_LENGTH) return refusalResponse(TALKATIVE, body.id);
    const protocolVersion = agreedVersion(body.params.protocolVersion);
    const id = await sessions.records.create(call.principal.id, { ...body.params, protocolVersion });
    const response = await serve(request, body, [body.id], { id }, call);
    if (!response.ok) await sessions.records.end(id);
    return response;
  }

  async function post(request: Request, body: unknown, call: Call): Promise<Response> {
    const found = await find(request, call);
    if (!('record' in found)) return refusalResponse(found, messageIdOf(body));
    if (Array.isArray(body) && body.length > MAX_BATCH) return refusalResponse(BATCH_TOO_LARGE, undefined);
    // What the transport refuses changes nothing.
    const rest = takesAnswers(request) ? await inbox.heed(listed(body), found.id, call) : listed(body);
    if (isOver) return refusalResponse(CLOSED, messageIdOf(body));
    if (rest.length === 0) return new Response(null, { status: 202 });
    const requests = rest.flatMap((message) => (isJSONRPCRequest(message) ? [message.id] : []));
    return serve(request, Array.isArray(body) ? rest : body, requests, found, call);
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

  const received = async (request: Request, body: unknown, call: Call) => {
    if (!isJSONRPCRequest(body) || body.method !== 'initialize') return post(request, body, call);
    return isInitializeRequest(body) ? begin(request, body, call) : refusalResponse(MALFORMED, body.id);
  };

  return {
    post: (request, body, call) => orRefusal(() => received(request, body, call), messageIdOf(body)),
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
      isOver = true;
      streams.end();
      await Promise.allSettled([...serving].map((transport) => transport.refuse(CLOSED)));
    },
  };
}

function listed(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : [body];
}

/** The version that the SDK answers `initialize` with. */
function agreedVersion(asked: string): string {
  return SUPPORTED_PROTOCOL_VERSIONS.includes(asked) ? asked : LATEST_PROTOCOL_VERSION;
}

/** Whether the SDK's transport answers the request at all: it may choose between JSON and a stream. */
function takesAnswers({ headers }: Request): boolean {
  const accept = headers.get('accept');
  return accept !== null && ['application/json', 'text/event-stream'].every((type) => accept.includes(type));
}

/** A request that names no version is of the one that its session agreed on; the SDK would take it for an old one. */
function versioned(request: Request, record: SessionRecord | undefined): Request {
  if (record === undefined || request.headers.has('mcp-protocol-version')) return request;
  const headers = new Headers(request.headers);
  headers.set('mcp-protocol-version', record.initialize.protocolVersion);
  // Its body is read already.
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}
