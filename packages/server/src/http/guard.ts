import { localhostAllowedHostnames, validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import { REFUSED, type Refusal } from '../protocol/rpc-error.ts';

/** Whom the server answers: the names it may be addressed by, and the pages that may call it. */
export interface GuardOptions {
  /** Whether loopback names are allowed besides those listed. */
  readonly loopback: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** `undefined` lets the request pass. */
export type Guard = (headers: Headers) => Refusal | undefined;

/** How many verdicts are remembered: real clients send a handful of `Host` headers; a hostile one must not fill memory. */
const REMEMBERED = 64;

/**
 * Checks `Host` and `Origin`, so that a web page cannot reach the server through the visitor's browser, neither directly
 * nor by a DNS name of its own that it points at this machine (DNS rebinding).
 *
 * @returns a guard that refuses with 403 and says which setting would allow the caller
 */
export function createGuard({ loopback, allowedHosts, allowedOrigins }: GuardOptions): Guard {
  const local = loopback ? localhostAllowedHostnames() : [];
  const host = remember((header) => {
    const checked = validateHostHeader(header, [...local, ...allowedHosts]);
    return checked.ok ? undefined : forbidden(checked.message, 'MCP_ALLOWED_HOSTS', checked.hostname);
  });
  const origin = remember((header) => {
    const checked = validateOriginHeader(header, [...local, ...allowedOrigins]);
    return checked.ok ? undefined : forbidden(checked.message, 'MCP_ALLOWED_ORIGINS', checked.hostname);
  });
  return (headers) => {
    const from = headers.get('origin');
    return host(headers.get('host') ?? '') ?? (from === null ? undefined : origin(from));
  };
}

function forbidden(problem: string, setting: string, hostname: string | undefined): Refusal {
  const advice = hostname === undefined ? '' : ` To allow it, add ${hostname} to ${setting}.`;
  return { status: 403, code: REFUSED, message: `${problem}.${advice}` };
}

/** Parsing a header as a URL on every request would cost more than all the rest of the guard. */
function remember(check: (header: string) => Refusal | undefined): (header: string) => Refusal | undefined {
  const verdicts = new Map<string, Refusal | undefined>();
  return (header) => {
    if (verdicts.has(header)) return verdicts.get(header);
    const verdict = check(header);
    if (verdicts.size < REMEMBERED) verdicts.set(header, verdict);
    return verdict;
  };
}
