import { type Network, NetworkFailure } from './network.ts';

/** https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/ */
const CLOUDFLARE_DNS = 'https://cloudflare-dns.com/dns-query';

/**
 * Cloudflare Workers. The name is resolved and checked before `fetch`, which resolves it again and cannot be told the
 * address. Deployed, that second time is the platform's: Workers "will not be permitted to reach internal network
 * addresses using global fetch()", by a filter on the addresses the lookup returns
 * (https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp, `Network`). `wrangler dev` lifts
 * that filter (miniflare allows "public" and "private"): there, rebinding is open and the check before is what holds.
 *
 * Resolving costs two subrequests a name. Offline it fails and says so; no request goes out without its check.
 *
 * @param resolver a DNS over HTTPS server that speaks JSON
 */
export function cloudflareNetwork(resolver = CLOUDFLARE_DNS): Network {
  return {
    async fetch({ url, signal, ...init }, checkAddress) {
      signal?.throwIfAborted();
      if (checkAddress) {
        for (const address of await addressesOf(url.hostname, resolver, signal)) checkAddress(address);
      }
      try {
        return await fetch(url, { ...init, redirect: 'manual', ...(signal && { signal }) });
      } catch (cause) {
        signal?.throwIfAborted();
        throw new NetworkFailure('the connection failed', { cause });
      }
    },
  };
}

const IP_LITERAL = /^\[|^[\d.]+$/;

async function addressesOf(hostname: string, resolver: string, signal?: AbortSignal): Promise<readonly string[]> {
  if (IP_LITERAL.test(hostname)) return [hostname.replace(/^\[|\]$/g, '')];
  const types = ['A', 'AAAA'] as const;
  const addresses = (await Promise.all(types.map((type) => query(hostname, type, resolver, signal)))).flat();
  if (addresses.length === 0) throw new NetworkFailure('its name could not be resolved');
  return addresses;
}

const RECORD_TYPES = { A: 1, AAAA: 28 } as const;

interface DnsAnswer {
  readonly Answer?: readonly { readonly type: number; readonly data: string }[];
}

/**
 * `resolve4` of workerd's `node:dns` asks the same server, but hands out the names of a CNAME chain among the
 * addresses, so every aliased host would look like a bad one.
 */
async function query(
  name: string,
  type: keyof typeof RECORD_TYPES,
  resolver: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const url = new URL(resolver);
  url.search = String(new URLSearchParams({ name, type }));
  try {
    const response = await fetch(url, { headers: { accept: 'application/dns-json' }, ...(signal && { signal }) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { Answer = [] }: DnsAnswer = await response.json();
    return Answer.filter((record) => record.type === RECORD_TYPES[type]).map(({ data }) => data);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new NetworkFailure(`its name could not be resolved: ${url.host} did not answer (offline?)`, { cause });
  }
}
