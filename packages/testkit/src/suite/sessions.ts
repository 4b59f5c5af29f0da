import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { instanceAt, inTurn } from '../clients/in-turn.ts';
import { connectLegacy } from '../clients/legacy-client.ts';
import { streamText } from '../clients/stream-text.ts';
import { legacy, messageOf, type WireRequest } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { Site } from './site.ts';

/** The instance in it is the one that is asked. */
const ENDPOINT = new URL('http://localhost/mcp');

export const CONFIRMED = { action: 'accept', content: { confirm: true } } as const;
export const withdrawal = { name: 'withdraw_record', arguments: { recordId: KNOWN_RECORD } };

/**
 * What the cases need, and the engine of the state that the instances share. An app that is its own second instance, as on a
 * platform that routes by itself, is both.
 */
export interface SessionLane {
  readonly instances: readonly [one: LaunchedApp, other: LaunchedApp];
  readonly site: Site;
  readonly stateKind: string;
}

/** What the instances are launched with. */
export function sessionSettings(site: Site): Readonly<Record<string, string>> {
  return { MCP_SESSIONS: 'on', FETCH_PAGE_HOSTS: site.hosts.join(','), FETCH_PAGE_ALLOW_PRIVATE: '1' };
}

/** A client in a session that sends to whichever instance `at.instance` is by then, closed with the test. */
export async function sessionAt(instance: LaunchedApp, elicit: () => Promise<typeof CONFIRMED>) {
  const at = { instance };
  const client = new Client({ name: 'testkit-legacy', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, elicit);
  const toInstance = inTurn([(request) => instanceAt(at.instance.url)(request)]);
  const transport = new StreamableHTTPClientTransport(ENDPOINT, { fetch: toInstance });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { at, client, transport };
}

/** A session of the 2025 era, whose requests come to either instance. */
export function sessions(lane: SessionLane): void {
  afterEach(async () => {
    const client = await connectLegacy({ url: ENDPOINT, fetch: inTurn([instanceAt(lane.instances[1].url)]) });
    await client.callTool('restore_record', { recordId: KNOWN_RECORD });
    await client.close();
  });

  async function begun() {
    const { transport } = await sessionAt(lane.instances[0], async () => CONFIRMED);
    return { session: transport.sessionId ?? '', transport };
  }

  /** Calls fetch_page through one instance, and reads its stream until something has been said. */
  async function underWay(session: string, path: string, said: RegExp) {
    const connection = new AbortController();
    const call = { name: 'fetch_page', arguments: { url: lane.site.page(path) }, _meta: { progressToken: 'p' } };
    const { method, headers, body } = legacy('tools/call', call, { id: 1, headers: { 'mcp-session-id': session } });
    const response = await fetch(`${lane.instances[0].url}/mcp`, { method, headers, body, signal: connection.signal });
    return { said: await streamText(response).upTo(said), leave: () => connection.abort() };
  }

  const toOther = (session: string, message: WireRequest) =>
    fetch(`${lane.instances[1].url}/mcp`, { ...message, headers: { ...message.headers, 'mcp-session-id': session } });

  it('is served by the runtime, from the state, that its name says', async () => {
    const fetchInTurn = inTurn(lane.instances.map(({ url }) => instanceAt(url)));
    const client = await connectLegacy({ url: ENDPOINT, fetch: fetchInTurn });
    onTestFinished(() => client.close());
    for (const { app } of lane.instances) {
      const { structured } = await client.callTool('runtime_info');
      const { name: target, runtime: name } = app;
      expect(structured).toMatchObject({ target, runtime: { name }, state: { kind: lane.stateKind } });
    }
  });

  it('is asked by one, and answers through the other', async () => {
    const fetchInTurn = inTurn(lane.instances.map(({ url }) => instanceAt(url)));
    const client = await connectLegacy({ url: ENDPOINT, fetch: fetchInTurn }, () => CONFIRMED);
    onTestFinished(() => client.close());
    for (let call = 0; call < 2; call++) {
      const { structured } = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
      expect(structured).toMatchObject({ withdrawn: true });
      await client.callTool('restore_record', { recordId: KNOWN_RECORD });
    }
  });

  it('does not stop a tool by leaving, and gets the answer from the other instance', async () => {
    const { session } = await begun();
    const stream = await underWay(session, '/slow', /^id: (\S+)$/m);
    stream.leave();
    const resumed = await fetch(`${lane.instances[1].url}/mcp`, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': stream.said },
    });
    expect(messageOf(await resumed.text())).toMatchObject({
      id: 1,
      result: { content: [{ text: expect.stringContaining('Slow text.') }] },
    });
  });

  it('stops a tool by cancelling its call, through the other instance', async () => {
    const { session } = await begun();
    const left = lane.site.left('/dripping?cancelled');
    await underWay(session, '/dripping?cancelled', /notifications\/progress/);
    const taken = await toOther(session, legacy('notifications/cancelled', { requestId: 1 }));
    expect(taken.status).toBe(202);
    await left;
  });

  it('is gone for the other instance, too, once it has been deleted', async () => {
    const { session, transport } = await begun();
    expect((await toOther(session, legacy('ping', {}, { id: 1 }))).status).toBe(200);
    await transport.terminateSession();
    expect((await toOther(session, legacy('ping', {}, { id: 2 }))).status).toBe(404);
  });
}
