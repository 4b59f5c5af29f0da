import type { Platform } from '@mcp-everywhere/platform';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import type { Surface } from '@mcp-everywhere/tools';
import { onTestFinished } from 'vitest';
import { createServer } from '../../src/index.ts';
import { mcpEndpoint } from '../../src/protocol/mcp-endpoint.ts';
import { type EventReader, eventReader } from '../event-reader.ts';
import { fixtureSurface, memoryPlatform } from '../fixture.ts';
import { lingering } from '../lingering.ts';
import { type HeaderChanges, legacy, post } from '../requests.ts';

/** What a client of these tests says that it can. */
const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };

/** Which of the two. */
export type Instance = 0 | 1;

interface Sent {
  readonly session?: string;
  readonly principal?: string;
  readonly headers?: HeaderChanges;
}

/** Two servers with sessions on that share a store and a bus and nothing else, as two processes would. */
export function twoInstances(platform: Partial<Platform> = {}) {
  const events = inProcessBus();
  const linger = lingering();
  const surface: Surface = {
    ...fixtureSurface,
    tools: [...fixtureSurface.tools, linger.tool],
    resourceTemplates: fixtureSurface.resourceTemplates.map((template) => ({
      ...template,
      changes: async (id) => id !== 'secret',
    })),
  };
  const whole = { ...memoryPlatform({ MCP_SESSIONS: 'on' }, platform.state ?? memoryStore()), events, ...platform };
  const instance = () => {
    const server = createServer(surface, whole, { loopback: true });
    return { server, endpoint: mcpEndpoint(server.service, { maxBodyBytes: 4 * 1024 * 1024, fastPath: true }) };
  };
  const instances = [instance(), instance()] as const;
  onTestFinished(async () => {
    await Promise.all(instances.map(({ endpoint }) => endpoint.close()));
  });

  const send = (to: Instance, request: Request, principal = 'alice') =>
    instances[to].endpoint.fetch(request, {
      requestId: 'req-1',
      principal: { id: principal },
      signal: () => request.signal,
    });
  const withSession = ({ session, headers }: Sent): HeaderChanges => ({ 'mcp-session-id': session, ...headers });

  const initialize = (
    to: Instance,
    { principal, ...sent }: Sent = {},
    capabilities: object = CAPABILITIES,
    protocolVersion = '2025-11-25',
  ) =>
    send(
      to,
      legacy(
        'initialize',
        { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } },
        withSession(sent),
      ),
      principal,
    );

  return {
    events,
    linger,
    instances,
    send,
    initialize,
    /** Begins a session. */
    async begin(to: Instance, sent: Sent = {}, capabilities?: object, protocolVersion?: string): Promise<string> {
      const response = await initialize(to, sent, capabilities, protocolVersion);
      await response.text();
      return response.headers.get('mcp-session-id') ?? '';
    },
    request: (to: Instance, method: string, params: object, { principal, ...sent }: Sent, id: string | number = 1) =>
      send(to, legacy(method, { ...params }, withSession(sent), id), principal),
    /** Sends any message or batch. */
    raw: (to: Instance, body: unknown, { principal, ...sent }: Sent) =>
      send(to, post(JSON.stringify(body), { 'mcp-protocol-version': '2025-11-25', ...withSession(sent) }), principal),
    /** Sends GET, DELETE or what else there is. */
    other(to: Instance, method: string, { principal, ...sent }: Sent) {
      const headers = new Headers({ host: 'localhost', accept: 'text/event-stream' });
      for (const [name, value] of Object.entries(withSession(sent))) if (value !== undefined) headers.set(name, value);
      return send(to, new Request('http://localhost/mcp', { method, headers }), principal);
    },
    /** Calls a tool, and gives the stream on which it is answered. */
    async call(to: Instance, session: string, name: string, args: object = {}, id = 1): Promise<EventReader> {
      const params = { name, arguments: args, _meta: { progressToken: `progress-${id}` } };
      return eventReader(await send(to, legacy('tools/call', params, { 'mcp-session-id': session }, id)));
    },
  };
}
