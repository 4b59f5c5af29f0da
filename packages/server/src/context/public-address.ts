import ipaddr from 'ipaddr.js';

/** The well-known prefix that carries an IPv4 address through NAT64 (RFC 6052). An IPv6-only network with DNS64 answers every IPv4 site so. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const IPV4_MAPPED = ipaddr.IPv6.parseCIDR('::ffff:0:0/96');
/** All that IANA has given out as global unicast; the rest of the space is reserved, whatever a table calls it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's virtual host address (WireServer: DHCP, DNS, agent), inside public space: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16 */
const AZURE_WIRE_SERVER = '168.63.129.16';

/**
 * Whether an address is one of the public internet: no private, loopback, link-local, shared, reserved, documentation
 * or multicast one, also not inside an IPv6 address. Text that is no address is not public.
 *
 * @example isPublicAddress('::ffff:127.0.0.1') // false
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = unwrapped(ipaddr.parse(text));
  if (address.range() !== 'unicast') return false;
  // 6to4 and Teredo addresses lie in 2000::/3, but have ranges of their own: refused above, no need to unwrap them.
  return address instanceof ipaddr.IPv6 ? address.match(GLOBAL_UNICAST) : address.toString() !== AZURE_WIRE_SERVER;
}

function unwrapped(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  return address.match(IPV4_MAPPED) || address.match(NAT64)
    ? ipaddr.fromByteArray(address.toByteArray().slice(12))
    : address;
}
