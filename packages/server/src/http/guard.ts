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

/** What ends or precedes the host in a URL. The SDK reads the header as part of one: `evil.example@localhost` would pass. */
const BEYOND_HOST = /[\s/\\?#@]/;

/**
 * Checks `Host` and `Origin`, so that a web page cannot reach the server through the visitor's browser, neither directly
 * nor by a DNS name of its own that it points at this machine (DNS rebinding).
 *
 * @returns a guard that refuses with 403 and says which setting would allow the caller
 */
export function createGuard({ loopback, allowedHosts, allowedOrigins }: GuardOptions): Guard {
  const local = loopback ? localhostAllowedHostnames() : [];
  const host = remember((header) => {
    if (BEYOND_HOST.test(header)) {
      return { refusal: forbidden(`Invalid Host header: ${header}`, 'MCP_ALLOWED_HOSTS', undefined) };
    }
    const checked = validateHostHeader(header, [...local, ...allowedHosts]);
    return checked.ok
      ? { local: local.includes(checked.hostname) }
      : { refusal: forbidden(checked.message, 'MCP_ALLOWED_HOSTS', checked.hostname) };
  });
  const originAmong = (allowed: string[]) =>
    remember((header) => {
      const checked = validateOriginHeader(header, allowed);
      return checked.ok ? undefined : forbidden(checked.message, 'MCP_ALLOWED_ORIGINS', checked.hostname);
    });
  // A page on this machine may call a server on this machine, and none that is deployed.
  const localOrigin = originAmong([...local, ...allowedOrigins]);
  const origin = originAmong([...allowedOrigins]);
  return (headers) => {
    const addressed = host(headers.get('host') ?? '');
    if (addressed.refusal !== undefined) return addressed.refusal;
    const from = headers.get('origin');
    if (from === null) return undefined;
    return addressed.local ? localOrigin(from) : origin(from);
  };
}

function forbidden(problem: string, setting: string, hostname: string | undefined): Refusal {
  const advice = hostname === undefined ? '' : ` To allow it, add ${hostname} to ${setting}.`;
  return { status: 403, code: REFUSED, message: `${problem}.${advice}` };
}

/** Parsing a header as a URL on every request would cost more than all the rest of the guard. */
function remember<Verdict>(check: (header: string) => Verdict): (header: string) => Verdict {
  const verdicts = new Map<string, { readonly verdict: Verdict }>();
  return (header) => {
    const known = verdicts.get(header);
    if (known !== undefined) return known.verdict;
    const verdict = check(header);
    if (verdicts.size < REMEMBERED) verdicts.set(header, { verdict });
    return verdict;
  };
}
