import type { Network } from './network.ts';
import { socketNetwork } from './sockets.ts';

/**
 * Deno. DNS rebinding is closed for requests, not for the bare connection: a name that changes between check and
 * connection may get a socket opened to a private address, which is closed before a byte is written.
 *
 * Checked addresses cannot be pinned here: an address answered by a `lookup` of our own needs `--allow-net` for that
 * very address, while one that Deno resolved itself needs it for the name only, which is what a tool declares.
 * `--deny-net=127.0.0.0/8,10.0.0.0/8,…` makes Deno refuse the connection too, where no tool may be configured to
 * reach private addresses and the server does not listen on one.
 */
export function denoNetwork(): Network {
  return socketNetwork({ pinAddresses: false });
}
