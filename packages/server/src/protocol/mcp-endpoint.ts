import {
  classifyInboundRequest,
  createMcpHandler,
  type InboundHttpRequest,
  isJsonContentType,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { readBody } from '../http/body.ts';
import { parseJson } from '../http/json.ts';
import { REQUEST_ID_HEADER, withRequestId } from '../http/request-id.ts';
import { fastPath } from './fast-path.ts';
import { MODERN_REVISION } from './plain-request.ts';
import { messageIdOf, REFUSED, type Refusal, refusalResponse, withOwnId } from './rpc-error.ts';
import { sdkServer } from './sdk-server.ts';
import type { Service } from './service.ts';

/** The MCP endpoint: one URL for both eras. */
export interface McpEndpoint {
  fetch(request: Request, call: Call): Promise<Response>;
  close(): Promise<void>;
}

export interface McpEndpointOptions {
  readonly maxBodyBytes: number;
  readonly fastPath: boolean;
}

const PARSE_ERROR: Refusal = {
  status: 400,
  code: -32_700,
  message: 'Parse error: the request body is not valid JSON.',
};
const NOT_JSON: Refusal = {
  status: 415,
  code: REFUSED,
  message: 'Unsupported media type: send the message with Content-Type: application/json.',
};
const NOT_POST: Refusal = {
  status: 405,
  code: REFUSED,
  message:
    'Method not allowed: send messages by POST. There are no sessions here, so there is no stream to open by GET.',
  headers: { allow: 'POST' },
};

const CLOSED: Refusal = {
  status: 503,
  code: REFUSED,
  message: 'This server is shutting down and takes no further messages. Send the message again in a moment.',
};

/**
 * Joins the two paths: answers the common messages from the registry, refuses what the SDK's own classifier refuses, and
 * hands every other to the SDK.
 */
export function mcpEndpoint(service: Service, options: McpEndpointOptions): McpEndpoint {
  const fast = options.fastPath ? fastPath(service) : undefined;
  const calls = new WeakMap<Request, Call>();
  let closed = false;
  const sdk = createMcpHandler(
    ({ requestInfo }) => {
      const call = requestInfo && calls.get(requestInfo);
      if (call === undefined) throw new Error('The SDK handler was reached without a call');
      return sdkServer(service, call);
    },
    { onerror: (error) => service.log.debug('The SDK path refused a request', { error }) },
  );

  /** Everything that is not on the fast path: refusals, and the SDK's own answers. */
  const answerSlowly = async (request: Request, http: InboundHttpRequest, call: Call): Promise<Response> => {
    const { body, protocolVersionHeader } = http;
    if (body === undefined) return refusalResponse(PARSE_ERROR, undefined);
    const route = classifyInboundRequest(http);
    if (route.kind === 'reject') {
      const { httpStatus: status, code, message, data } = route;
      return refusalResponse({ status, code, message, data }, messageIdOf(body));
    }
    if (route.kind === 'legacy' && route.reason !== 'initialize' && !isServedLegacyVersion(protocolVersionHeader)) {
      return refusalResponse(unsupportedVersion(protocolVersionHeader), messageIdOf(body));
    }
    calls.set(request, call);
    return withOwnId(await sdk.fetch(request, { parsedBody: body }), body);
  };

  return {
    async fetch(request, call) {
      const { requestId } = call;
      if (request.method !== 'POST') return withRequestId(refusalResponse(NOT_POST, undefined), requestId);
      const text = await readBody(request, options.maxBodyBytes);
      if (text === undefined)
        return withRequestId(refusalResponse(tooLarge(options.maxBodyBytes), undefined), requestId);
      const http = httpOf(request, parseJson(text));
      if (closed) return withRequestId(refusalResponse(CLOSED, messageIdOf(http.body)), requestId);
      if (!isJsonContentType(request.headers.get('content-type'))) {
        return withRequestId(refusalResponse(NOT_JSON, messageIdOf(http.body)), requestId);
      }
      const answered = fast?.(http.body, http, call);
      if (answered === undefined) return withRequestId(await answerSlowly(request, http, call), requestId);
      // The header goes in at construction: to touch a response's headers later makes a runtime build them twice.
      return new Response(await answered, {
        headers: { 'content-type': 'application/json', [REQUEST_ID_HEADER]: requestId },
      });
    },
    close() {
      closed = true;
      return sdk.close();
    },
  };
}

function httpOf(request: Request, body: unknown): InboundHttpRequest {
  const { headers } = request;
  const protocolVersionHeader = headers.get('mcp-protocol-version');
  const mcpMethodHeader = headers.get('mcp-method');
  const mcpNameHeader = headers.get('mcp-name');
  return {
    httpMethod: 'POST',
    body,
    ...(protocolVersionHeader !== null && { protocolVersionHeader }),
    ...(mcpMethodHeader !== null && { mcpMethodHeader }),
    ...(mcpNameHeader !== null && { mcpNameHeader }),
  };
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

function tooLarge(maxBytes: number): Refusal {
  return {
    status: 413,
    code: REFUSED,
    message: `Request body too large: this server takes at most ${maxBytes} bytes (MCP_MAX_BODY_BYTES).`,
  };
}
