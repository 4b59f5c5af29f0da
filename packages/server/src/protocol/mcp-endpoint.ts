import type { InboundHttpRequest } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { readBody } from '../http/body.ts';
import { parseJson } from '../http/json.ts';
import { REQUEST_ID_HEADER, withRequestId } from '../http/request-id.ts';
import { fastPath } from './fast-path.ts';
import { CLOSED, messageIdOf, REFUSED, type Refusal, refusalResponse, tooLarge } from './rpc-error.ts';
import type { SdkPath } from './sdk-path.ts';
import type { Service } from './service.ts';

/** The MCP endpoint: one URL for both eras. */
export interface McpEndpoint {
  fetch(request: Request, call: Call): Promise<Response>;
  /** Ends the streams on which clients listen, and refuses further ones. */
  endListening(): void;
  close(): Promise<void>;
}

export interface McpEndpointOptions {
  readonly maxBodyBytes: number;
  readonly fastPath: boolean;
}

const NOT_POST: Refusal = {
  status: 405,
  code: REFUSED,
  message:
    'Method not allowed: send messages by POST. There are no sessions here (MCP_SESSIONS is off), so there is no stream to open by GET.',
  headers: { allow: 'POST' },
};

/** How clients write it; every other spelling is for the SDK path to judge. */
const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i;

/**
 * Joins the two paths: answers the common messages from the registry, and hands every other to the SDK path, which is
 * loaded when it is first needed.
 */
export function mcpEndpoint(service: Service, options: McpEndpointOptions): McpEndpoint {
  let sdk: SdkPath | undefined;
  let loading: Promise<SdkPath> | undefined;
  /** Whether streams are ended, and no further ones held. */
  let isOver = false;
  const loadSdk = (): Promise<SdkPath> => {
    loading ??= import('./sdk-path.ts').then(
      ({ sdkPath }) => {
        sdk = sdkPath(service);
        if (isOver) sdk.endListening();
        return sdk;
      },
      (error: unknown) => {
        // The next request tries again.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  const fast = options.fastPath ? fastPath(service, (http) => sdk?.isModern(http)) : undefined;
  let closed = false;

  const notPosted = async (request: Request, call: Call): Promise<Response> => {
    if (closed) return refusalResponse(CLOSED, undefined);
    const session = service.sessions && (await loadSdk()).session;
    return session === undefined ? refusalResponse(NOT_POST, undefined) : session(request, call);
  };

  return {
    async fetch(request, call) {
      const { requestId } = call;
      if (request.method !== 'POST') return withRequestId(await notPosted(request, call), requestId);
      const text = await readBody(request, options.maxBodyBytes);
      if (text === undefined)
        return withRequestId(refusalResponse(tooLarge(options.maxBodyBytes), undefined), requestId);
      const http = httpOf(request, parseJson(text));
      if (closed) return withRequestId(refusalResponse(CLOSED, messageIdOf(http.body)), requestId);
      const isJson = JSON_TYPE.test(request.headers.get('content-type') ?? '');
      const answered = isJson ? fast?.(http.body, http, call) : undefined;
      if (answered === undefined) {
        return withRequestId(await (await loadSdk()).answer(request, http, call), requestId);
      }
      // The header goes in at construction: to touch a response's headers later makes a runtime build them twice.
      return new Response(await answered, {
        headers: { 'content-type': 'application/json', [REQUEST_ID_HEADER]: requestId },
      });
    },
    endListening() {
      isOver = true;
      sdk?.endListening();
    },
    async close() {
      closed = true;
      const loaded = await loading?.catch(() => undefined);
      await loaded?.close();
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
