import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudflareApp } from '../src/apps/cloudflare.ts';
import { nodeApp } from '../src/apps/node.ts';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { type LaunchedApp, launch } from '../src/launch.ts';
import { CONFIRMED, sessionAt, sessionSettings, sessions, withdrawal } from '../src/suite/sessions.ts';
import { type Site, startSite } from '../src/suite/site.ts';

const redisIsThere = await hasRedis();

/** An instance is started anew several times. */
const REPLACING_MS = 60_000;
/** Instances give running requests 9 s when they are told to stop. */
const STOPPING_MS = 30_000;

let stateDirectory: string;
let site: Site;
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-sessions-'));
  site = await startSite();
});
afterAll(async () => {
  await site.close();
  await rm(stateDirectory, { recursive: true, force: true, maxRetries: 5 });
});

describe.skipIf(!redisIsThere)('a session of the 2025 era on two instances of apps/node and one Redis', () => {
  let redis: RedisServer;
  let instances: readonly [one: LaunchedApp, other: LaunchedApp];
  beforeAll(async () => {
    redis = await startRedis();
    const options = { stateDirectory, settings: { REDIS_URL: redis.url, ...sessionSettings(site) } };
    instances = [await launch(nodeApp, options), await launch(nodeApp, options)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await redis.stop();
  });
  sessions({
    get instances() {
      return instances;
    },
    get site() {
      return site;
    },
    stateKind: 'redis',
  });

  it(
    'goes on though an instance is killed between every two requests',
    async () => {
      const [one, other] = instances;
      const replaced = async (instance: LaunchedApp) => {
        await instance.kill();
        await instance.restart();
      };
      const { at, client, transport } = await sessionAt(one, async () => {
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

  it(
    'is told when the instance that waits for its answer stops',
    async () => {
      const asked = Promise.withResolvers<void>();
      const { client } = await sessionAt(instances[0], () => {
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

describe('a session of the 2025 era on apps/cloudflare', () => {
  let directory: string;
  let app: LaunchedApp;
  beforeAll(async () => {
    directory = await mkdtemp(join(stateDirectory, 'cloudflare-'));
    app = await launch(cloudflareApp, { stateDirectory: directory, settings: sessionSettings(site) });
  });
  afterAll(() => app.stop());
  sessions({
    get instances() {
      return [app, app] as const;
    },
    get site() {
      return site;
    },
    stateKind: cloudflareApp.stateKind,
  });

  /** Each Durable Object is a file. */
  async function stateObjects(): Promise<string[]> {
    const files = await readdir(directory, { recursive: true });
    return files.filter((file) => /StateObject.*[0-9a-f]{64}\.sqlite$/.test(file));
  }

  /** A session in which the client is asked, and answers. */
  async function conversation() {
    const { client } = await sessionAt(app, async () => CONFIRMED);
    expect((await client.callTool(withdrawal)).structuredContent).toMatchObject({ withdrawn: true });
    await client.callTool({ ...withdrawal, name: 'restore_record' });
  }

  it('is one Durable Object, whatever is said in it', async () => {
    await conversation();
    const before = await stateObjects();
    await conversation();
    expect(await stateObjects()).toHaveLength(before.length + 1);
  });
});
