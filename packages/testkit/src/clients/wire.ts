import { type Agent, request } from 'node:http';
import { LEGACY_REVISION, MODERN_REVISION } from './revisions.ts';

/** Headers to set; `undefined` takes one away that would be there. */
export type HeaderChanges = Readonly<Record<string, string | undefined>>;

/** An HTTP request before it is sent. */
export interface WireRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** Sends the body without declaring its length. */
  readonly chunked?: boolean;
}

/** A POST with any body. */
export function post(body: string, headers: HeaderChanges = {}): WireRequest {
  const all: HeaderChanges = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  const set = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method: 'POST', headers: Object.fromEntries(set), body };
}

/** The `_meta` every modern request carries. */
export function envelope(revision = MODERN_REVISION): Record<string, unknown> {
  return {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'testkit-wire', version: '1.0.0' },
  };
}

/** A modern message with its headers, as a well-behaved client sends it; without an id it is a notification. */
export function modern(
  method: string,
  params: Record<string, unknown> = {},
  { id, headers = {} }: { readonly id?: string | number; readonly headers?: HeaderChanges } = {},
): WireRequest {
  const name = params.name ?? params.uri;
  return post(JSON.stringify({ jsonrpc: '2.0', id, method, params: { _meta: envelope(), ...params } }), {
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
    ...headers,
  });
}

/** A legacy message, as a client without a session sends it; without an id it is a notification. */
export function legacy(
  method: string,
  params: Record<string, unknown> = {},
  { id, headers = {} }: { readonly id?: string | number; readonly headers?: HeaderChanges } = {},
): WireRequest {
  return post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), {
    'mcp-protocol-version': LEGACY_REVISION,
    ...headers,
  });
}

/** The message of an answer's body, whether it came as JSON or as the last event of a stream. */
export function messageOf(body: string): unknown {
  if (body.startsWith('{') || body.startsWith('[')) return JSON.parse(body);
  const events = body.split('\n').filter((line) => line.startsWith('data: {'));
  return JSON.parse(events.at(-1)?.slice('data: '.length) ?? 'null');
}

/**
 * Sends a request in ways `fetch` does not let one choose.
 *
 * @param options `host` goes into the `Host` header; `agent` says which connection it takes, a new one where left out
 */
export function sendRaw(
  url: string,
  { method, headers, body, chunked = false }: WireRequest,
  { host, agent = false }: { readonly host?: string; readonly agent?: Agent | false } = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const length = chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const all = { ...headers, ...length, ...(host !== undefined && { host }) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: all, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    // Written before it is ended, else Node declares the length.
    sent.write(body);
    sent.end();
  });
}
