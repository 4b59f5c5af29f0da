import type { Tool } from '@mcp-everywhere/tools';
import type { CallToolResult, InboundHttpRequest, RequestId } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { lazy } from '../surface/lazy.ts';
import { modernCapabilities } from '../surface/registry.ts';
import { callTool } from './call-tool.ts';
import { isObject, type Judge, MODERN_REVISION, plainRequestRecogniser } from './plain-request.ts';
import type { Service } from './service.ts';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

type Body = string | Uint8Array<ArrayBuffer>;
type Params = Readonly<Record<string, unknown>>;

/**
 * Answers a request it is certain about, with the body of a JSON-RPC response (HTTP 200); `undefined` leaves it to the
 * SDK path.
 */
export type FastPath = (message: unknown, http: InboundHttpRequest, call: Call) => Promise<Body> | Body | undefined;

/**
 * The fast path: the lists and `tools/call` of the modern era, answered from the registry with one JSON response and no
 * SDK object made. It takes only what it can answer well; whatever is odd (a header missing, a parameter too many, a
 * tool that is not there, a wish for progress) it leaves to the SDK path, which knows every rejection. So the two cannot
 * disagree on an error, and a differential test holds them to the same answers.
 *
 * The SDK is not even loaded for it: that takes longer than all the rest of a cold start together.
 */
export function fastPath(service: Service, judge: Judge): FastPath {
  const { registry } = service;
  const recognise = plainRequestRecogniser(judge);
  const identity = { _meta: { [SERVER_INFO_KEY]: registry.serverInfo } };
  const list = (result: () => object) =>
    lazy(() => {
      try {
        return openResponse({ ...result(), resultType: 'complete', ...service.surfaceHint, ...identity });
      } catch {
        // A tool that cannot be put on the wire: the SDK path fails alike, logs why, and answers with an error.
        return undefined;
      }
    });
  const lists = new Map<string, () => Uint8Array | undefined>([
    [
      'server/discover',
      list(() => ({
        supportedVersions: [MODERN_REVISION],
        capabilities: modernCapabilities(registry, service.listening),
        instructions: registry.instructions,
      })),
    ],
    ['tools/list', list(() => ({ tools: registry.wireTools() }))],
    ['prompts/list', list(() => ({ prompts: registry.wirePrompts() }))],
    ['resources/list', list(() => ({ resources: registry.wireResources() }))],
    ['resources/templates/list', list(() => ({ resourceTemplates: registry.wireResourceTemplates() }))],
  ]);
  const encodeCall = (id: RequestId, result: CallToolResult) =>
    JSON.stringify({ result: { ...result, resultType: 'complete', ...identity }, jsonrpc: '2.0', id });

  return (message, http, call) => {
    const request = recognise(message, http);
    if (request === undefined) return undefined;
    const { id, method, params } = request;
    if (method === 'tools/call') {
      const { name } = params;
      if (!isPlainCall(params) || typeof name !== 'string' || name !== http.mcpNameHeader) return undefined;
      const tool = registry.tools.get(name);
      if (tool === undefined || dependsOnClient(tool) || registry.paramHeadersOf(tool).length > 0) return undefined;
      return callTool(service, tool, params.arguments, call).then((result) => encodeCall(id, result));
    }
    const opened = hasOnly(params, LIST_PARAMS) ? lists.get(method)?.() : undefined;
    return opened && closeResponse(opened, id);
  };
}

/**
 * A job may be a task, where the client takes one; questions are sealed by the SDK's means; and what a client is able to do,
 * or wants to be told, is in its envelope.
 */
function dependsOnClient({ job, asks, requires }: Tool): boolean {
  return job !== undefined || asks.length > 0 || requires.client !== undefined || requires.tellsClient === true;
}

const LIST_PARAMS = new Set(['_meta']);
const CALL_PARAMS = new Set(['_meta', 'name', 'arguments']);

function isPlainCall(params: Params): boolean {
  return hasOnly(params, CALL_PARAMS) && (params.arguments === undefined || isObject(params.arguments));
}

function hasOnly(params: Params, allowed: ReadonlySet<string>): boolean {
  for (const key in params) if (!allowed.has(key)) return false;
  return true;
}

const encoder = new TextEncoder();

/** A JSON-RPC response up to its id, as bytes: encoded once, however often it is sent. */
function openResponse(result: object): Uint8Array {
  return encoder.encode(`{"result":${JSON.stringify(result)},"jsonrpc":"2.0","id":`);
}

function closeResponse(opened: Uint8Array, id: RequestId): Uint8Array<ArrayBuffer> {
  const end = encoder.encode(`${JSON.stringify(id)}}`);
  const body = new Uint8Array(opened.length + end.length);
  body.set(opened);
  body.set(end, opened.length);
  return body;
}
