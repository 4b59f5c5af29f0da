import { FetchRefused } from '@mcp-everywhere/tools';

const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' };

/** Names that never stand for a public host (RFC 6761, RFC 6762, RFC 8375, and ICANN's reserved `.internal`). */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/**
 * Reads a list of `host` (both default ports) and `host:port` (that port only) into a check of URLs.
 *
 * @throws {TypeError} where an entry is neither
 */
export function allowedHosts(hosts: readonly string[]): (url: URL) => void {
  const allowed = new Set(hosts.flatMap(hostAndPorts));
  const list = hosts.join(', ');
  return (url) => {
    const port = url.port || DEFAULT_PORTS[url.protocol];
    if (!allowed.has(`${url.hostname}:${port}`)) {
      throw new FetchRefused(`"${url.host}" is not one of the hosts this tool may fetch from: ${list}.`);
    }
  };
}

/** Whether the name itself says that it is a private one, whatever it resolves to. */
export function isPrivateName(hostname: string): boolean {
  return PRIVATE_NAME.test(hostname);
}

/**
 * Parses what the model gave into a URL that can be compared: the parser lower-cases the name, turns an international
 * one into ASCII, and every notation of an IPv4 address into four decimals; the root's trailing dot goes here.
 *
 * @throws {FetchRefused} where it is no http(s) URL, or carries a user name or password
 */
export function parseUrl(text: string | URL, base?: URL): URL {
  if (!URL.canParse(String(text), base?.href)) {
    throw new FetchRefused('That is not a URL. Give a whole one, such as https://example.org/page.');
  }
  const url = new URL(String(text), base?.href);
  if (!(url.protocol in DEFAULT_PORTS)) {
    throw new FetchRefused(`"${url.protocol}" is not allowed: only http: and https: are.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchRefused('A URL with a user name or password is not allowed. Leave out what stands before the "@".');
  }
  url.hostname = url.hostname.replace(/\.$/, '');
  url.hash = '';
  return url;
}

function hostAndPorts(entry: string): string[] {
  const url = URL.canParse(`http://${entry}`) ? new URL(`http://${entry}`) : undefined;
  if (url === undefined || url.href !== `http://${url.host}/`) {
    throw new TypeError(`"${entry}" is not a host: write "example.org" or "example.org:8443".`);
  }
  const hostname = url.hostname.replace(/\.$/, '');
  // The parser drops `:80`, which here is a port asked for.
  const port = /:(\d+)$/.exec(entry)?.[1];
  return (port === undefined ? Object.values(DEFAULT_PORTS) : [String(Number(port))]).map((p) => `${hostname}:${p}`);
}
