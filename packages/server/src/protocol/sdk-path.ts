import {
  classifyInboundRequest,
  createMcpHandler,
  type InboundHttpRequest,
  isJsonContentType,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import { type SessionPath, sessionPath } from '../sessions/session-path.ts';
import { paramHeaderMismatch } from './param-header-mismatch.ts';
import { MODERN_REVISION } from './plain-request.ts';
import { messageIdOf, NOT_JSON, PARSE_ERROR, type Refusal, refusalResponse, TOO_DEEP, withOwnId } from './rpc-error.ts';
import { sdkServer } from './sdk-server.ts';
import type { Service } from './service.ts';
import { LISTEN, subscriptions } from './subscriptions.ts';

/** Everything that is not on the fast path: refusals, and the SDK's own answers. */
export interface SdkPath {
  answer(request: Request, http: InboundHttpRequest, call: Call): Promise<Response>;
  /** Of the 2025 era, where it has sessions: GET and DELETE. */
  readonly session: SessionPath['other'] | undefined;
  /** Whether the SDK's classifier takes the request for one of the modern era. */
  isModern(http: InboundHttpRequest): boolean;
  /** Ends the streams on which clients listen, and refuses further ones. */
  endListening(): void;
  close(): Promise<void>;
}

/** Refuses what the SDK's own classifier refuses, and hands every other request to the SDK. */
export function sdkPath(service: Service): SdkPath {
  const calls = new WeakMap<Request, Call>();
  const listeners = subscriptions(service);
  const sessions = service.sessions && sessionPath(service, service.sessions);
  const sdk = createMcpHandler(
    ({ requestInfo, era }) => {
      const call = requestInfo && calls.get(requestInfo);
      if (call === undefined) throw new Error('The SDK handler was reached without a call');
      return sdkServer(service, call, era);
    },
    { onerror: (error) => service.log.debug('The SDK path refused a request', { error }) },
  );

  const endListening = () => {
    listeners.end();
    sessions?.endListening();
  };
  return {
    async answer(request, http, call) {
      const { body } = http;
      const route = routed(service, request, http);
      if ('status' in route) return refusalResponse(route, messageIdOf(body));
      if (route.kind === 'modern' && route.messageKind === 'request' && route.message.method === LISTEN) {
        return listeners.listen(request, route.message, call);
      }
      if (route.kind === 'legacy' && sessions !== undefined) return sessions.post(request, body, call);
      calls.set(request, call);
      return withOwnId(await sdk.fetch(request, { parsedBody: body }), body);
    },
    isModern: (http) => classified(http)?.kind === 'modern',
    session:
      sessions &&
      (async (request, call) => {
        const version = request.headers.get('mcp-protocol-version') ?? undefined;
        return isServedLegacyVersion(version)
          ? sessions.other(request, call)
          : refusalResponse(unsupportedVersion(version), undefined);
      }),
    endListening,
    async close() {
      endListening();
      await sessions?.close();
      await sdk.close();
    },
  };
}

type Route = Exclude<ReturnType<typeof classifyInboundRequest>, { readonly kind: 'reject' }>;

/** Which era serves a request, or why neither does. */
function routed(service: Service, request: Request, http: InboundHttpRequest): Route | Refusal {
  const { body, protocolVersionHeader } = http;
  if (!isJsonContentType(request.headers.get('content-type'))) return NOT_JSON;
  if (body === undefined) return PARSE_ERROR;
  const route = classified(http);
  if (route === undefined) return TOO_DEEP;
  if (route.kind === 'reject') {
    const { httpStatus: status, code, message, data } = route;
    return { status, code, message, data };
  }
  if (route.kind === 'modern') return mirroredWrong(service, request, body) ?? route;
  const isServed = route.reason === 'initialize' || isServedLegacyVersion(protocolVersionHeader);
  return isServed ? route : unsupportedVersion(protocolVersionHeader);
}

const toolCall = z.object({
  method: z.literal('tools/call'),
  params: z.object({ name: z.string(), arguments: z.unknown() }),
});

function mirroredWrong({ registry }: Service, request: Request, body: unknown): Refusal | undefined {
  const read = toolCall.safeParse(body);
  const tool = read.success ? registry.tools.get(read.data.params.name) : undefined;
  return tool && paramHeaderMismatch(registry.paramHeadersOf(tool), read.data?.params.arguments, request.headers);
}

/** `undefined` where the message is nested so deep that looking at it overflows the stack. */
function classified(http: InboundHttpRequest) {
  try {
    return classifyInboundRequest(http);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A 2025-era request after `initialize`, which negotiates, may leave the header out; the SDK then takes the version the era began with. */
function isServedLegacyVersion(version: string | undefined): boolean {
  return version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version);
}

function unsupportedVersion(requested: string | undefined): Refusal {
  const supported = [MODERN_REVISION, ...SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== MODERN_REVISION)];
  return {
    status: 400,
    code: -32_022,
    message: `Unsupported protocol version: ${requested}. This server speaks ${supported.join(', ')}.`,
    data: { supported, requested },
  };
}
