import { sha256Hex } from '@mcp-everywhere/platform/digest';
import canonicalize from 'canonicalize';

/**
 * The surface hash: SHA-256, hex, over the RFC 8785 canonical JSON of the `tools` array sorted by name, with nothing left
 * out but `_meta`. Anyone can compute it again from a `tools/list` answer, of either era, from any target.
 *
 * @param tools the `tools` array of a `tools/list` result
 * @returns 64 hexadecimal digits
 *
 * @example
 * const { tools } = await client.listTools();
 * (await surfaceHash(tools)) === (await (await fetch(new URL('/healthz', url))).json()).surfaceHash;
 */
export async function surfaceHash(tools: readonly { readonly name: string }[]): Promise<string> {
  const named = tools
    .map((tool) => Object.fromEntries(Object.entries(tool).filter(([key]) => key !== '_meta')))
    .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  const canonical = canonicalize(named);
  if (canonical === undefined) throw new TypeError('The tool list is not JSON');
  return sha256Hex(canonical);
}
