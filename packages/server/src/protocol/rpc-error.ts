import type { RequestId } from '@modelcontextprotocol/server';

/** A refusal as it goes on the wire: an HTTP status and a JSON-RPC error. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** JSON-RPC's range for errors of an implementation's own: what HTTP refuses before there is a method to ask. */
export const REFUSED = -32_000;

export const CLOSED: Refusal = {
  status: 503,
  code: REFUSED,
  message: 'This server is shutting down and takes no further messages. Send the message again in a moment.',
};

export const PARSE_ERROR: Refusal = {
  status: 400,
  code: -32_700,
  message: 'Parse error: the request body is not valid JSON.',
};

export const NOT_JSON: Refusal = {
  status: 415,
  code: REFUSED,
  message: 'Unsupported media type: send the message with Content-Type: application/json.',
};

export const NOT_EVENTS: Refusal = {
  status: 406,
  code: REFUSED,
  message: 'Not acceptable: a GET opens a stream, so send Accept: text/event-stream.',
};

export function tooLarge(maxBytes: number): Refusal {
  return {
    status: 413,
    code: REFUSED,
    message: `Request body too large: this server takes at most ${maxBytes} bytes (MCP_MAX_BODY_BYTES).`,
  };
}

/** Walking the message overflows the stack. */
export const TOO_DEEP: Refusal = {
  status: 400,
  code: -32_600,
  message: 'Invalid request: the message is nested too deeply.',
};

/**
 * A JSON-RPC error response. The specification's schema allows an error without an id and none with `null`, so an id
 * that could not be read is left out.
 */
export function refusalResponse(refusal: Refusal, id: RequestId | undefined): Response {
  const { status, code, message, data, headers } = refusal;
  const error = { code, message, ...(data !== undefined && { data }) };
  return Response.json(
    { jsonrpc: '2.0', ...(id !== undefined && { id }), error },
    { status, ...(headers && { headers }) },
  );
}

/** The id of a parsed request body, or `undefined` where it carries none that could be echoed. */
export function messageIdOf(body: unknown): RequestId | undefined {
  if (typeof body !== 'object' || body === null || !('id' in body) || !('method' in body)) return undefined;
  return isRequestId(body.id) ? body.id : undefined;
}

/** By the specification's schema an id is a text or a whole number; one too large to be told from its neighbours is none. */
function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

/**
 * The SDK's transports write `"id": null` into what they refuse before dispatch, or an id that is none. Puts the request's
 * own id there, or leaves the field out, as {@link refusalResponse} does.
 */
export async function withOwnId(response: Response, body: unknown): Promise<Response> {
  if (response.status < 400 || !response.headers.get('content-type')?.startsWith('application/json')) return response;
  const { jsonrpc, id, error } = (await response.json()) as { jsonrpc: string; id?: unknown; error: unknown };
  const ownId = isRequestId(id) ? id : messageIdOf(body);
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return Response.json(
    { jsonrpc, ...(ownId !== undefined && { id: ownId }), error },
    { status: response.status, headers },
  );
}
