import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';

/**
 * The hash of the surface in the sources, computed in this process: every lane is held to it, and so all lanes to each
 * other.
 */
export function expectedSurfaceHash(): Promise<string> {
  const store = memoryStore();
  const server = createServer(
    catalogueSurface,
    {
      target: 'node',
      runtime: { name: 'node', version: process.versions.node },
      environment: {},
      state: store,
      cache: store,
      network: { fetch: () => Promise.reject(new Error('Nothing is fetched here')) },
    },
    { loopback: true },
  );
  return server.facts.surfaceHash();
}
