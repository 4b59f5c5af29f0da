import { type AtomicStore, detectRuntime, type Target } from '@mcp-everywhere/platform';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { banner, createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';

/**
 * Tells a person where a function is served on this machine, once the function itself has answered. What there is to tell
 * of it comes from a server like the one in its bundle, made here, which serves nobody.
 *
 * @param origin e.g. `http://127.0.0.1:8080`
 * @param state of the kind the function has; it is not read
 * @throws {Error} where the function does not answer
 */
export async function announce(target: Target, origin: string, state: AtomicStore): Promise<void> {
  const response = await fetch(`${origin}/healthz`);
  if (!response.ok) throw new Error('The function does not start. What it says of it stands above.');
  const platform = {
    target,
    runtime: detectRuntime(),
    environment: process.env,
    state,
    cache: state,
    network: nodeNetwork(),
    // The function says itself where it has none.
    jobs: { kind: 'not read', send: async () => {} },
  };
  const server = createServer(catalogueSurface, platform, { loopback: true });
  process.stdout.write(await banner(catalogueSurface, server, origin));
}
