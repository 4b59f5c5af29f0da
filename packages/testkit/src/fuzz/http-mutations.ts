import fc from 'fast-check';
import type { FuzzMessage } from './fuzz-message.ts';
import { oddText } from './odd-values.ts';

/** Changes an encoded request. */
export interface HttpMutation {
  readonly name: string;
  apply(message: FuzzMessage): FuzzMessage;
}

/** More than `MCP_MAX_BODY_BYTES`, which is 1 MiB. */
const OVERSIZE_BYTES = 1024 * 1024 + 1;
const INVALID_UTF8 = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0x00], [0xef, 0xbb, 0xbf], [0x80]];
const TYPES = [
  '',
  'text/plain',
  'application/json; charset=utf-16',
  'application/json;',
  'application/jsonp',
  'multipart/form-data; boundary=x',
  'application/json, application/json',
  '*/*',
];
/** Not DELETE: it would end the sessions that the other messages are in. */
const METHODS = ['GET', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'];
const PATHS = [
  '/',
  '/mcp/',
  '/MCP',
  '//mcp',
  '/mcp?x=1',
  '/mcp/../mcp',
  '/mcp%00',
  '/%2e%2e/mcp',
  '/mcp#x',
  '/healthz',
  '/readyz',
  '/sse',
  '/messages?sessionId=1',
  '/.well-known/oauth-protected-resource',
  `/${'a'.repeat(4_000)}`,
];
const HEADERS = [
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
  'last-event-id',
  'content-type',
  'origin',
  'x-request-id',
  'x-forwarded-proto',
  'traceparent',
  'authorization',
  'content-encoding',
];
const HEADER_VALUES = [
  '',
  ' ',
  'null',
  '*',
  '2026-07-28',
  '2025-11-25',
  '2026-07-28, 2026-07-28',
  'tools/call',
  'tools/list',
  'subscriptions/listen',
  'lookup_record',
  '=?base64?Zm9v?=',
  '=?base64?####?=',
  'gzip',
  'https://evil.example.com',
  '\u00e9\u00ff',
  'x'.repeat(8_000),
];

const body = (name: string, change: (bytes: Uint8Array, at: number) => Uint8Array) =>
  fc.nat().map(
    (at): HttpMutation => ({
      name,
      apply: (message) => (message.body?.length ? { ...message, body: change(message.body, at) } : message),
    }),
  );

const header = fc
  .tuple(fc.constantFrom(...HEADERS), fc.option(fc.oneof(fc.constantFrom(...HEADER_VALUES), oddText)))
  .map(
    ([name, value]): HttpMutation => ({
      name: `header ${name}`,
      apply({ headers: { [name]: _, ...rest }, ...message }) {
        return { ...message, headers: value === null ? rest : { ...rest, [name]: value } };
      },
    }),
  );

const with_ = (name: string, change: Partial<FuzzMessage>): HttpMutation => ({
  name,
  apply: (message) => ({ ...message, ...change }),
});

/** What HTTP carries a message in, changed: bytes, headers, method, path, and the client's patience. */
export const httpMutation: fc.Arbitrary<HttpMutation> = fc.oneof(
  { weight: 8, arbitrary: header },
  { weight: 3, arbitrary: body('truncate', (bytes, at) => bytes.subarray(0, at % (bytes.length + 1))) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...INVALID_UTF8).chain((odd) =>
      body('bytes', (bytes, at) => {
        const place = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, place), Uint8Array.from(odd), bytes.subarray(place)]);
      }),
    ),
  },
  { weight: 1, arbitrary: body('flip', (bytes, at) => bytes.with(at % bytes.length, at % 256)) },
  { weight: 1, arbitrary: body('double', (bytes) => Buffer.concat([bytes, bytes])) },
  { weight: 1, arbitrary: body('utf-16', (bytes) => Buffer.from(Buffer.from(bytes).toString(), 'utf16le')) },
  { weight: 2, arbitrary: fc.constantFrom(...TYPES).map((type) => headed('content-type', type)) },
  { weight: 2, arbitrary: fc.constantFrom(...METHODS).map((method) => with_(`method ${method}`, { method })) },
  { weight: 2, arbitrary: fc.constantFrom(...PATHS).map((path) => with_('path', { path })) },
  { weight: 1, arbitrary: fc.nat({ max: 30 }).map((ms) => with_('leave', { leavesAfterMs: ms })) },
  { weight: 1, arbitrary: fc.constant(headed('content-length', '100000', { leavesAfterMs: 50 })) },
  { weight: 1, arbitrary: fc.constant(headed('transfer-encoding', 'chunked')) },
);

/** Seldom: each is a megabyte. */
export const oversize: HttpMutation = {
  name: 'oversize',
  apply: ({ body: held, ...message }) => ({
    ...message,
    body: Buffer.concat([held ?? new Uint8Array(), Buffer.alloc(OVERSIZE_BYTES, ' ')]),
  }),
};

function headed(name: string, value: string, change: Partial<FuzzMessage> = {}): HttpMutation {
  return {
    name: `${name}: ${value}`,
    apply: (message) => ({ ...message, ...change, headers: { ...message.headers, [name]: value } }),
  };
}
