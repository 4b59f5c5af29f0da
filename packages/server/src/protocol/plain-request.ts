import type { InboundHttpRequest, RequestId } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** The modern revision the fast path speaks; any other goes to the SDK path, which answers for it. */
export const MODERN_REVISION = '2026-07-28';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** A modern request with nothing odd about it. */
export interface PlainRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Whether the SDK's classifier takes a request for a modern one; `undefined` where the SDK has not been needed yet. */
export type Judge = (http: InboundHttpRequest) => boolean | undefined;

/**
 * The envelopes that need no SDK to be judged: what its classifier is known to accept, and clients send. A test holds each
 * of these shapes to the classifier's verdict; an envelope with anything else in it is for the classifier itself.
 */
const plainEnvelope = z.strictObject({
  [VERSION_KEY]: z.literal(MODERN_REVISION),
  'io.modelcontextprotocol/clientInfo': z.strictObject({
    name: z.string(),
    version: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
  }),
  'io.modelcontextprotocol/clientCapabilities': z.strictObject({
    elicitation: z.strictObject({ form: z.strictObject({}).optional(), url: z.strictObject({}).optional() }).optional(),
    sampling: z
      .strictObject({ context: z.strictObject({}).optional(), tools: z.strictObject({}).optional() })
      .optional(),
    roots: z.strictObject({ listChanged: z.boolean().optional() }).optional(),
    extensions: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  }),
});

/** How many envelopes are remembered, and how long one may be: a client sends one, and few clients share an instance. */
const REMEMBERED = 256;
const REMEMBERED_LENGTH = 4096;

/**
 * Recognises plain requests: JSON-RPC members and no other, the revision named alike in header and body, the method's
 * header present and right, no wish for progress, and an envelope (`_meta`) that the SDK's own classifier accepts.
 *
 * The verdict on an envelope is remembered by the envelope's text: a client sends the same one with every request, and
 * its validation is the dearest step of all (5 of 15 µs on Bun).
 */
export function plainRequestRecogniser(
  judge: Judge,
): (body: unknown, http: InboundHttpRequest) => PlainRequest | undefined {
  const accepted = new Set<string>();
  const accepts = (envelope: object, http: InboundHttpRequest) => {
    const text = JSON.stringify(envelope);
    if (accepted.has(text)) return true;
    const verdict = isPlainEnvelope(envelope) || judge(http) === true;
    if (verdict && accepted.size < REMEMBERED && isTelling(text)) accepted.add(text);
    return verdict;
  };

  return (body, http) => {
    if (!isPlainMessage(body) || http.mcpMethodHeader !== body.method) return undefined;
    const { _meta } = body.params;
    if (!isObject(_meta) || _meta[VERSION_KEY] !== MODERN_REVISION || http.protocolVersionHeader !== MODERN_REVISION) {
      return undefined;
    }
    try {
      return !('progressToken' in _meta) && accepts(_meta, http) ? body : undefined;
    } catch (error) {
      // Nested so deep that walking it overflows the stack.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
}

/** Whether a text stands for one envelope only: a number too large to be one is written as `null`. */
function isTelling(text: string): boolean {
  return text.length <= REMEMBERED_LENGTH && !text.includes('null');
}

/** Whether an envelope can be accepted without asking the SDK's classifier. */
export function isPlainEnvelope(envelope: unknown): boolean {
  return plainEnvelope.safeParse(envelope).success;
}

const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params']);

function isPlainMessage(body: unknown): body is PlainRequest {
  if (!isObject(body)) return false;
  for (const key in body) if (!MEMBERS.has(key)) return false;
  const { jsonrpc, id, method, params } = body;
  return (
    jsonrpc === '2.0' &&
    (typeof id === 'string' || Number.isSafeInteger(id)) &&
    typeof method === 'string' &&
    isObject(params)
  );
}

/** Whether a JSON value is an object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
