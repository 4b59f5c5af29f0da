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

/** The names of a machine for itself, as a URL's `hostname` has them. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** What ends or precedes the host in a URL. The header is read as part of one: `evil.example@localhost` would pass. */
const BEYOND_HOST = /[\s/\\?#@]/;

/**
 * Checks `Host` and `Origin`, so that a web page cannot reach the server through the visitor's browser, neither directly
 * nor by a DNS name of its own that it points at this machine (DNS rebinding).
 *
 * @returns a guard that refuses with 403 and says which setting would allow the caller
 */
export function createGuard({ loopback, allowedHosts, allowedOrigins }: GuardOptions): Guard {
  const local = loopback ? LOOPBACK_NAMES : [];
  const host = remember((header) => {
    if (header === '') return { refusal: forbidden('Missing Host header.') };
    const hostname = BEYOND_HOST.test(header) ? undefined : hostnameOf(`http://${header}`);
    if (hostname === undefined) return { refusal: forbidden(`Invalid Host header: ${header}.`) };
    if (local.includes(hostname)) return { local: true };
    if (allowedHosts.includes(hostname)) return { local: false };
    return { refusal: forbidden(`Invalid Host: ${hostname}. To allow it, add ${hostname} to MCP_ALLOWED_HOSTS.`) };
  });
  const originAmong = (allowed: readonly string[]) =>
    remember((header) => {
      const hostname = hostnameOf(header);
      if (hostname === undefined) return forbidden(`Invalid Origin header: ${header}.`);
      if (allowed.includes(hostname) || allowed.includes(wholeScheme(header))) return undefined;
      return forbidden(`Invalid Origin: ${hostname}. To allow it, add ${hostname} to MCP_ALLOWED_ORIGINS.`);
    });
  // A page on this machine may call a server on this machine, and none that is deployed.
  const localOrigin = originAmong([...local, ...allowedOrigins]);
  const origin = originAmong(allowedOrigins);
  return (headers) => {
    const addressed = host(headers.get('host') ?? '');
    if (addressed.refusal !== undefined) return addressed.refusal;
    const from = headers.get('origin');
    if (from === null || from === '') return undefined;
    return addressed.local ? localOrigin(from) : origin(from);
  };
}

/** `undefined` where it is no URL, or one without a host: a sandboxed page's origin is `null`. */
function hostnameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname || undefined;
}

/** How every page of a scheme is listed, e.g. `moz-extension://*`: a browser gives each installation another host. */
function wholeScheme(origin: string): string {
  return `${origin.slice(0, origin.indexOf(':'))}://*`;
}

function forbidden(message: string): Refusal {
  return { status: 403, code: REFUSED, message };
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
