import { type Network, NetworkFailure, type OutboundRequest } from '@mcp-everywhere/platform/network';
import { FetchRefused } from '@mcp-everywhere/tools';
import { allowedHosts, isPrivateName, parseUrl } from './allowed-hosts.ts';
import { isPublicAddress } from './public-address.ts';

interface FetchLimits {
  /** What may be reached: `host` on both default ports, `host:port` on that one. */
  readonly hosts: readonly string[];
  /** Lets the hosts be private ones (loopback, a company's network). */
  readonly allowPrivate: boolean;
}

/** As many as a page has good reason for; browsers stop at 20. */
const MAX_REDIRECTS = 5;

/** Set by the connection, or able to make a server read the request as another than the one checked. */
const CONNECTION_HEADERS = [
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const CREDENTIAL_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];

/**
 * Makes the `fetch` of a tool: limited to `hosts` and, unless `allowPrivate`, to public addresses.
 * Redirects are followed and each is checked in full; the response's `url` is the last one's. The body of a request is
 * read whole before it is sent.
 *
 * The fetch throws `FetchRefused` where it may not go there or got no response, and the signal's own reason on abort.
 *
 * @throws {TypeError} where an entry of `hosts` is neither `host` nor `host:port`
 *
 * @example
 * const fetch = guardedFetch(network, { hosts: ['www.gutenberg.org'], allowPrivate: false });
 * await fetch('https://www.gutenberg.org/ebooks/1342'); // a Response
 * await fetch('http://169.254.169.254/'); // throws FetchRefused
 */
export function guardedFetch(
  network: Network,
  { hosts, allowPrivate }: FetchLimits,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  const checkHost = allowedHosts(hosts);

  async function send(request: OutboundRequest): Promise<Response> {
    const { url, signal } = request;
    checkHost(url);
    const refusePrivate = () => {
      throw new FetchRefused(`"${url.hostname}" is a private address or name, which this server does not fetch from.`);
    };
    if (!allowPrivate && isPrivateName(url.hostname)) refusePrivate();
    const checkAddress = (address: string) => {
      if (!isPublicAddress(address)) refusePrivate();
    };
    try {
      return await network.fetch(request, allowPrivate ? undefined : checkAddress);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FetchRefused) throw error;
      const reason = error instanceof NetworkFailure ? error.message : 'the request failed';
      throw new FetchRefused(`"${url.host}" could not be fetched: ${reason}.`, { cause: error });
    }
  }

  return async (target, init) => {
    let request = await outboundRequest(parseUrl(target), init);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await send(request);
      const location = redirectOf(response);
      if (location === undefined || init?.redirect === 'manual') return withUrl(response, request.url, redirects > 0);
      await response.body?.cancel();
      if (init?.redirect === 'error') throw new FetchRefused(`"${request.url.host}" answered with a redirect.`);
      request = redirected(request, parseUrl(location, request.url), response.status);
    }
    throw new FetchRefused(`More than ${MAX_REDIRECTS} redirects, the last from "${request.url.host}".`);
  };
}

/** `Request` gives the body its bytes and content type, and refuses what is no valid method, header or body. */
async function outboundRequest(url: URL, init: RequestInit = {}): Promise<OutboundRequest> {
  const { signal, redirect: _, ...rest } = init;
  const request = new Request(url, rest);
  const headers = new Headers(request.headers);
  for (const name of CONNECTION_HEADERS) headers.delete(name);
  return {
    url,
    method: request.method,
    headers,
    ...(request.body && { body: new Uint8Array(await request.arrayBuffer()) }),
    ...(signal && { signal }),
  };
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function redirectOf({ status, headers }: Response): string | undefined {
  return REDIRECTS.has(status) ? (headers.get('location') ?? undefined) : undefined;
}

/** The next request of a redirect, as https://fetch.spec.whatwg.org/#http-redirect-fetch makes it. */
function redirected({ body, ...request }: OutboundRequest, url: URL, status: number): OutboundRequest {
  const headers = new Headers(request.headers);
  if (url.origin !== request.url.origin) for (const name of CREDENTIAL_HEADERS) headers.delete(name);
  const becomesGet =
    status === 303 ? request.method !== 'GET' && request.method !== 'HEAD' : status < 303 && request.method === 'POST';
  if (!becomesGet) return { ...request, url, headers, ...(body && { body }) };
  for (const name of BODY_HEADERS) headers.delete(name);
  return { ...request, url, headers, method: 'GET' };
}

/** A response says where it came from only where the runtime's `fetch` made it. */
function withUrl(response: Response, url: URL, followed: boolean): Response {
  return Object.defineProperties(response, { url: { value: url.href }, redirected: { value: followed } });
}
