import type { Network } from './network.ts';
import { socketNetwork } from './sockets.ts';

/**
 * Node. DNS rebinding is closed: the name is resolved once, every answer is checked, and the socket's `lookup` knows
 * no other addresses than those. The peer's address is checked again before a byte is written.
 */
export function nodeNetwork(): Network {
  return socketNetwork({ pinAddresses: true });
}
