import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeApp } from '../src/apps/node.ts';
import type { EraClient } from '../src/clients/client.ts';
import { connectLegacy } from '../src/clients/legacy-client.ts';
import { connectModern } from '../src/clients/modern-client.ts';
import { modern, type WireRequest } from '../src/clients/wire.ts';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { type LaunchedApp, launch, launchToFail } from '../src/launch.ts';
import { KNOWN_RECORD } from '../src/suite/catalogue-facts.ts';
import { beginWithdrawal, confirmWithdrawal, WITHDRAWN } from '../src/suite/round-trips.ts';
import { createdDraft } from '../src/suite/tools.ts';

const redisIsThere = await hasRedis();

let stateDirectory: string;
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-node-redis-'));
});
afterAll(() => rm(stateDirectory, { recursive: true, force: true }));

async function stdioCommand(settings: Record<string, string>) {
  // The port is not listened on over stdio.
  const { file, args, cwd, env } = await nodeApp.command({ port: 1, stateDirectory, settings });
  return { command: file, args: [...args, '--stdio'], cwd, env: { ...env } };
}

describe.skipIf(!redisIsThere)('apps/node with its state in Redis', () => {
  let redis: RedisServer;
  let instances: readonly [LaunchedApp, LaunchedApp];
  let clients: readonly [modern: EraClient, legacy: EraClient];
  beforeAll(async () => {
    redis = await startRedis();
    const options = { stateDirectory, settings: { REDIS_URL: redis.url } };
    instances = [await launch(nodeApp, options), await launch(nodeApp, options)];
    const [one, other] = instances;
    clients = [
      await connectModern({ url: new URL('/mcp', one.url), fetch }),
      await connectLegacy({ url: new URL('/mcp', other.url), fetch }),
    ];
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(instances.map((instance) => instance.stop()));
    await redis.stop();
  });

  it('is one server, whichever instance is asked', async () => {
    const [one, other] = clients;
    expect((await one.callTool('runtime_info')).structured).toMatchObject({
      target: 'node',
      state: { kind: 'redis', consistency: 'strong' },
    });
    const draftId = await createdDraft(one, 'On both');
    await other.callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD });
    const { structured } = await one.callTool('read_draft', { draftId });
    expect(structured).toMatchObject({ title: 'On both', entries: [{ recordId: KNOWN_RECORD }] });
    expect(await readdir(stateDirectory)).toEqual([]);
  });

  it('loses no addition of twenty at once to two instances', async () => {
    const [one, other] = clients;
    const draftId = await createdDraft(one, 'At once');
    const { structured } = await one.callTool('search_records', { limit: 20 });
    const records = Array.isArray(structured.records) ? structured.records : [];
    const recordIds = records.map(({ id }) => String(id));
    expect(recordIds).toHaveLength(20);
    await Promise.all(
      recordIds.map((recordId, index) =>
        (index % 2 === 0 ? one : other).callTool('append_to_draft', { draftId, recordId }),
      ),
    );
    const read = await other.callTool('read_draft', { draftId });
    const entries = Array.isArray(read.structured.entries) ? read.structured.entries : [];
    expect(entries.map(({ recordId }) => recordId).sort()).toEqual(recordIds.sort());
  });

  it('finishes at one instance what was asked at the other', async () => {
    const sendTo =
      ({ url }: LaunchedApp) =>
      (request: WireRequest) =>
        fetch(`${url}/mcp`, request);
    const [one, other] = instances;
    const requestState = await beginWithdrawal(sendTo(one));
    expect(await confirmWithdrawal(sendTo(other), requestState)).toMatchObject(WITHDRAWN);
  });

  it('says that Redis is down, and recovers when it is back', async () => {
    await redis.stop();
    for (const client of clients) {
      const { isError, text } = await client.callTool('create_draft', { title: 'Later' });
      expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining('redis') });
    }
    for (const { url } of instances) {
      const unready = await fetch(`${url}/readyz`);
      expect([unready.status, await unready.json()]).toEqual([
        503,
        { status: 'unavailable', stores: { redis: 'unavailable' } },
      ]);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    }

    await redis.start();
    for (const { url } of instances) {
      await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 5_000 }).toBe(200);
    }
    for (const client of clients) await createdDraft(client, 'Later');
  });

  it('is shared by processes over stdio', async () => {
    const one = await connectModern(await stdioCommand({ REDIS_URL: redis.url }));
    const draftId = await createdDraft(one, 'From stdio');
    await one.close();
    const other = await connectLegacy(await stdioCommand({ REDIS_URL: redis.url }));
    expect((await other.callTool('read_draft', { draftId })).structured).toMatchObject({ title: 'From stdio' });
    await other.close();
  });

  it.each([
    ['a pipe', { input: '' }],
    // Who speaks the modern era may listen: there is a connection more.
    ['a pipe that a message came by', { input: `${modern('tools/list', {}, { id: 1 }).body}\n` }],
    // Which Node reads as a file.
    ['/dev/null', { stdin: 'ignore' }],
  ] as const)('ends over stdio when standard input does, where that is %s', async (_input, stdin) => {
    const { command, args, ...options } = await stdioCommand({ REDIS_URL: redis.url });
    const ended = await execa(command, args, { ...options, ...stdin, extendEnv: false, timeout: 10_000 });
    expect(ended).toMatchObject({ exitCode: 0 });
  });
});

describe('apps/node with a REDIS_URL that is none', () => {
  it.each([
    'redis',
    'http://user:hunter2@localhost',
    'redis://user:hunter2@localhost:99999',
    'redis://user:hunter2@localhost/zero',
    'redis:hunter2',
  ])('refuses to start with %s, and does not repeat it', async (url) => {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const { code, output } = await launchToFail(nodeApp, { port, stateDirectory, settings: { REDIS_URL: url } });
    expect(code).toBe(1);
    expect(output).toMatch(/^Invalid environment variable REDIS_URL: the server refuses it: give a URL such as redis:/);
    expect(output).not.toContain('hunter2');
  });

  it('says the same over stdio', async () => {
    const { command, args, ...options } = await stdioCommand({ REDIS_URL: 'localhost:6379' });
    const { exitCode, stdout, stderr } = await execa(command, args, { ...options, extendEnv: false, reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^Invalid environment variable REDIS_URL/);
  });
});
