import { legacy, modern, type WireRequest } from '../../clients/wire.ts';
import { MAX_ENVIRONMENTS } from '../../lambda/local-lambda.ts';

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'testkit-warm-up', version: '1.0.0' },
};

/**
 * Sends a server requests of each era, as many at once as a function gets environments. Some scenarios give it no more than
 * half a second, which the first request of a kind may take, and the first in each environment does.
 *
 * @throws {Error} with its answer, where that is not a success
 */
export async function warmUp(url: string): Promise<void> {
  const warm = async (request: WireRequest) => {
    const response = await fetch(`${url}/mcp`, { ...request, signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} is not ready for the suite: ${response.status} ${text}`);
  };
  for (const request of [modern('prompts/list', {}, { id: 1 }), legacy('initialize', INITIALIZE, { id: 1 })]) {
    await Promise.all(Array.from({ length: MAX_ENVIRONMENTS }, () => warm(request)));
  }
}
