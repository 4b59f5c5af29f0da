/** The revision the modern requests of these tests name. */
export const MODERN = '2026-07-28';

/** Headers of a modern request; `undefined` takes a header away. */
export type HeaderChanges = Readonly<Record<string, string | undefined>>;

/** The `_meta` envelope every modern request carries. */
export const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
};

/** A POST to the MCP endpoint with any body and headers. */
export function post(body: BodyInit, headers: HeaderChanges = {}): Request {
  const given: HeaderChanges = {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'x-request-id': 'req-1',
    ...headers,
  };
  const set = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Request('http://localhost/mcp', { method: 'POST', headers: set, body });
}

/** A modern request with its headers, as a well-behaved client sends it. */
export function modern(
  method: string,
  params: Record<string, unknown> = {},
  headers: HeaderChanges = {},
  id: unknown = 1,
) {
  const { _meta, ...rest } = params;
  const body = { jsonrpc: '2.0', id, method, params: { ...rest, _meta: { ...ENVELOPE, ...(_meta ?? {}) } } };
  const name = params.name ?? params.uri;
  return post(JSON.stringify(body), {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
    ...headers,
  });
}

/** A 2025-era request, as a stateless client sends it. */
export function legacy(
  method: string,
  params: Record<string, unknown> = {},
  headers: HeaderChanges = {},
  id: unknown = 1,
) {
  return post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), {
    'mcp-protocol-version': '2025-11-25',
    ...headers,
  });
}

/** The JSON-RPC message of a response, whether it came as JSON or as one event of a stream. */
export async function messageOf(response: Response): Promise<unknown> {
  const body = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return JSON.parse(body);
  const messages = body.split('\n').filter((line) => line.startsWith('data: {'));
  return JSON.parse(messages.at(-1)?.slice('data: '.length) ?? 'null');
}
