import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { createServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inTurn, type Serve } from '../src/clients/in-turn.ts';
import { connectLegacy } from '../src/clients/legacy-client.ts';
import { KNOWN_RECORD } from '../src/suite/catalogue-facts.ts';

const ENDPOINT = new URL('http://localhost/mcp');

/** Two instances over one store that take turns. */
function twoInstances() {
  const state = memoryStore();
  const platform = {
    target: 'node',
    runtime: { name: 'node', version: process.versions.node },
    environment: { MCP_SESSIONS: 'on', LOG_LEVEL: 'error' },
    state,
    cache: state,
    network: { fetch: () => Promise.reject(new Error('no network in this test')) },
  } as const;
  const servers = [0, 1].map(() => createServer(catalogueSurface, platform, { loopback: true }));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const served: string[][] = servers.map(() => []);
  const instances = servers.map(
    (server, index): Serve =>
      (request) => {
        // As a runtime's HTTP server has it, and `fetch` would set it.
        request.headers.set('host', 'localhost');
        served[index]?.push(request.method);
        return server.fetch(request);
      },
  );
  return { fetch: inTurn(instances), served };
}

describe('the official client of the 2025 era, dealt between two instances', () => {
  it('has one session on both', async () => {
    const { fetch, served } = twoInstances();
    const client = await connectLegacy({ url: ENDPOINT, fetch });
    expect((await client.listTools()).length).toBeGreaterThan(0);
    for (let call = 0; call < 4; call++) {
      expect(await client.callTool('runtime_info')).toMatchObject({ isError: false });
    }
    expect(served.map((methods) => methods.includes('POST'))).toEqual([true, true]);
    await client.close();
  });

  it.each([
    ['confirms', { action: 'accept', content: { confirm: true } }, true],
    ['declines', { action: 'decline' }, false],
  ] as const)('%s what a tool asks, on whichever instance the reply arrives', async (_what, answer, withdrawn) => {
    for (const first of ['initialize on one', 'initialize on the other']) {
      const { fetch } = twoInstances();
      // One request more turns the two around.
      if (first === 'initialize on the other') await fetch(new URL('/healthz', ENDPOINT));
      const asked: string[] = [];
      const client = await connectLegacy({ url: ENDPOINT, fetch }, (message) => {
        asked.push(message);
        return answer;
      });
      const { structured, isError } = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
      expect({ asked: asked.length, isError, structured }).toMatchObject({
        asked: 1,
        isError: false,
        structured: { withdrawn },
      });
      await client.close();
    }
  });

  it('ends its session, and is told that there is none any more', async () => {
    const { fetch } = twoInstances();
    const client = new Client({ name: 'testkit-legacy', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(ENDPOINT, { fetch });
    await client.connect(transport);
    const { sessionId } = transport;
    await transport.terminateSession();
    expect(transport.sessionId).toBeUndefined();
    const late = new StreamableHTTPClientTransport(ENDPOINT, { fetch, ...(sessionId !== undefined && { sessionId }) });
    await late.start();
    await expect(late.send({ jsonrpc: '2.0', id: 1, method: 'ping' })).rejects.toMatchObject({ code: 404 });
    await client.close();
  });

  it('cancels a call by its own signal without an answer, and goes on', async () => {
    const { fetch } = twoInstances();
    const asked = Promise.withResolvers<void>();
    const aborted = new AbortController();
    const client = new Client({ name: 'testkit-legacy', version: '1.0.0' }, { capabilities: { elicitation: {} } });
    const takenBack = Promise.withResolvers<void>();
    client.setRequestHandler(ElicitRequestSchema, async (_request, { signal }) => {
      signal.addEventListener('abort', () => takenBack.resolve());
      asked.resolve();
      await takenBack.promise;
      return { action: 'cancel' };
    });
    await client.connect(new StreamableHTTPClientTransport(ENDPOINT, { fetch }));
    const call = client.callTool({ name: 'withdraw_record', arguments: { recordId: KNOWN_RECORD } }, undefined, {
      signal: aborted.signal,
    });
    await asked.promise;
    aborted.abort('changed my mind');
    await expect(call).rejects.toThrow(/changed my mind/);
    await takenBack.promise;
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
  });
});
