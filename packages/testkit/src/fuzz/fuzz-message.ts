import type { WireRequest } from '../clients/wire.ts';

/** An HTTP request before it is encoded: what mutations change. */
export interface Draft {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` where there is no body. */
  readonly json: unknown;
  /** What was done to a valid message, in order. */
  readonly changes: readonly string[];
}

/** A request as it goes out. */
export interface FuzzMessage extends Omit<Draft, 'json'> {
  readonly body: Uint8Array | undefined;
  /** The client leaves so long after it has sent all, whatever it has got by then. */
  readonly leavesAfterMs?: number;
}

/** Node's parser takes 16 KiB of headers, and hangs up on more. */
const LARGE_HEADERS = 15_000;

/** Whether HTTP itself is broken by it: whoever parses that may hang up, and nothing can follow on its connection. */
export function breaksFraming({ headers }: FuzzMessage): boolean {
  const size = JSON.stringify(headers).length;
  return 'content-length' in headers || 'transfer-encoding' in headers || size > LARGE_HEADERS;
}

/** A message that is sent as it is. */
export function unchanged({ method, headers, body }: WireRequest): FuzzMessage {
  return { method, path: '/mcp', headers, body: Buffer.from(body), changes: [] };
}

/** Its body, as far as it is text. */
export function textOf({ body }: FuzzMessage): string {
  return Buffer.from(body ?? []).toString();
}

/** A message that {@link Draft} stands for, on one line, as far as a person reads it. */
export function described({ method, path, headers, body, changes }: FuzzMessage): string {
  const text = body === undefined ? '' : Buffer.from(body).toString('latin1');
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} bytes)` : text;
  return `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(shown)} [${changes.join(', ') || 'valid'}]`;
}

const SHOWN = 1_500;
