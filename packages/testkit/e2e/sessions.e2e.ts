import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nodeApp } from '../src/apps/node.ts';
import { instanceAt, inTurn } from '../src/clients/in-turn.ts';
import { connectLegacy } from '../src/clients/legacy-client.ts';
import { streamText } from '../src/clients/stream-text.ts';
import { legacy, messageOf } from '../src/clients/wire.ts';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { type LaunchedApp, launch } from '../src/launch.ts';
import { KNOWN_RECORD } from '../src/suite/catalogue-facts.ts';
import { type Site, startSite } from '../src/suite/site.ts';

const redisIsThere = await hasRedis();

/** The instance in it is the one that is asked. */
const ENDPOINT = new URL('http://localhost/mcp');
/** An instance is started anew several times. */
const REPLACING_MS = 60_000;
/** Instances give running requests 9 s when they are told to stop. */
const STOPPING_MS = 30_000;

const CONFIRMED = { action: 'accept', content: { confirm: true } } as const;
const withdrawal = { name: 'withdraw_record', arguments: { recordId: KNOWN_RECORD } };

describe.skipIf(!redisIsThere)('a session of the 2025 era on two instances of apps/node and one Redis', () => {
  let stateDirectory: string;
  let redis: RedisServer;
  let site: Site;
  let instances: readonly [one: LaunchedApp, other: LaunchedApp];
  beforeAll(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-sessions-'));
    redis = await startRedis();
    site = await startSite();
    const fetching = { FETCH_PAGE_HOSTS: site.hosts.join(','), FETCH_PAGE_ALLOW_PRIVATE: '1' };
    const options = { stateDirectory, settings: { REDIS_URL: redis.url, MCP_SESSIONS: 'on', ...fetching } };
    instances = [await launch(nodeApp, options), await launch(nodeApp, options)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await Promise.all([redis.stop(), site.close()]);
    await rm(stateDirectory, { recursive: true, force: true });
  });
  afterEach(async () => {
    const client = await connectLegacy({ url: ENDPOINT, fetch: inTurn([instanceAt(instances[1].url)]) });
    await client.callTool('restore_record', { recordId: KNOWN_RECORD });
    await client.close();
  });

  /** A client that sends to whichever instance `at.instance` is by then. */
  async function connected(elicit: () => Promise<typeof CONFIRMED>) {
    const at = { instance: instances[0] };
    const client = new Client({ name: 'testkit-legacy', version: '1.0.0' }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, elicit);
    const toInstance = inTurn([(request) => instanceAt(at.instance.url)(request)]);
    const transport = new StreamableHTTPClientTransport(ENDPOINT, { fetch: toInstance });
    await client.connect(transport);
    onTestFinished(() => client.close());
    return { at, client, transport };
  }

  it('is asked by one, and answers through the other', async () => {
    const fetchInTurn = inTurn(instances.map(({ url }) => instanceAt(url)));
    const client = await connectLegacy({ url: ENDPOINT, fetch: fetchInTurn }, () => CONFIRMED);
    onTestFinished(() => client.close());
    for (let call = 0; call < 2; call++) {
      const { structured } = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
      expect(structured).toMatchObject({ withdrawn: true });
      await client.callTool('restore_record', { recordId: KNOWN_RECORD });
    }
  });

  it(
    'goes on though an instance is killed between every two requests',
    async () => {
      const [one, other] = instances;
      const replaced = async (instance: LaunchedApp) => {
        await instance.kill();
        await instance.restart();
      };
      const { at, client, transport } = await connected(async () => {
        await replaced(other);
        at.instance = other;
        return CONFIRMED;
      });
      const { sessionId } = transport;
      await replaced(one);
      expect((await client.listTools()).tools.length).toBeGreaterThan(0);
      await replaced(one);
      expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
      await replaced(one);
      expect((await client.callTool(withdrawal)).structuredContent).toMatchObject({ withdrawn: true });
      await replaced(one);
      at.instance = one;
      expect(await client.ping()).toEqual({});
      expect(transport.sessionId).toBe(sessionId);
    },
    REPLACING_MS,
  );

  /** Calls fetch_page through one instance, and reads its stream until something has been said. */
  async function underWay(session: string, path: string, said: RegExp) {
    const connection = new AbortController();
    const call = { name: 'fetch_page', arguments: { url: site.page(path) }, _meta: { progressToken: 'p' } };
    const { method, headers, body } = legacy('tools/call', call, { id: 1, headers: { 'mcp-session-id': session } });
    const response = await fetch(`${instances[0].url}/mcp`, { method, headers, body, signal: connection.signal });
    return { said: await streamText(response).upTo(said), leave: () => connection.abort() };
  }

  it('does not stop a tool by leaving, and gets the answer from the other instance', async () => {
    const { transport } = await connected(async () => CONFIRMED);
    const session = transport.sessionId ?? '';
    const stream = await underWay(session, '/slow', /^id: (\S+)$/m);
    stream.leave();
    const resumed = await fetch(`${instances[1].url}/mcp`, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': stream.said },
    });
    expect(messageOf(await resumed.text())).toMatchObject({
      id: 1,
      result: { content: [{ text: expect.stringContaining('Slow text.') }] },
    });
  });

  it('stops a tool by cancelling its call, through the other instance', async () => {
    const { transport } = await connected(async () => CONFIRMED);
    const session = transport.sessionId ?? '';
    const left = site.left('/dripping?cancelled');
    await underWay(session, '/dripping?cancelled', /notifications\/progress/);
    const cancelled = legacy('notifications/cancelled', { requestId: 1 }, { headers: { 'mcp-session-id': session } });
    const taken = await fetch(`${instances[1].url}/mcp`, cancelled);
    expect(taken.status).toBe(202);
    await left;
  });

  it(
    'is told when the instance that waits for its answer stops',
    async () => {
      const asked = Promise.withResolvers<void>();
      const { client } = await connected(() => {
        asked.resolve();
        return new Promise(() => {});
      });
      const refused = expect(client.callTool(withdrawal)).rejects.toThrow(/shutting down/);
      await asked.promise;
      await instances[0].stop();
      await refused;
      await instances[0].restart();
    },
    STOPPING_MS,
  );
});
