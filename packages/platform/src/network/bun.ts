import type { Network } from './network.ts';
import { socketNetwork } from './sockets.ts';

/**
 * Bun. DNS rebinding is closed as on Node: Bun's `node:net` connects to what the socket's `lookup` answers (a name
 * that no resolver knows connects through it, see the test of the Bun app).
 */
export function bunNetwork(): Network {
  return socketNetwork({ pinAddresses: true });
}
