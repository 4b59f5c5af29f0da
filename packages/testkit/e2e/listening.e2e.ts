import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { bunApp } from '../src/apps/bun.ts';
import { denoApp } from '../src/apps/deno.ts';
import { nodeApp } from '../src/apps/node.ts';
import type { Connection } from '../src/clients/client.ts';
import { type ListeningClient, listenTo } from '../src/clients/listening-client.ts';
import { connectModern } from '../src/clients/modern-client.ts';
import { modern } from '../src/clients/wire.ts';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { type LaunchedApp, launch } from '../src/launch.ts';
import { JOB_CASE_MS } from '../src/suite/jobs.ts';
import { expectRefusal } from '../src/suite/refusal.ts';

const redisIsThere = await hasRedis();

/** It takes a moment to compare them all. */
const MANY = { yearFrom: 1850, yearTo: 1900 };
/** Nothing waits for a stream to end by itself. */
const ENDS_WITHIN_MS = 3_000;

const started = z.object({ jobId: z.string() });

let stateDirectory: string;
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-listening-'));
});
afterAll(() => rm(stateDirectory, { recursive: true, force: true }));

const endpointOf = ({ url }: LaunchedApp) => new URL('/mcp', url);

/** Begins a report, and gives its resource. */
async function begunReport(connection: Connection): Promise<string> {
  const client = await connectModern(connection);
  onTestFinished(() => client.close());
  return `report://${(await client.callTool('start_report', MANY)).structured.jobId}`;
}

const reportOn = (app: LaunchedApp) => begunReport({ url: endpointOf(app), fetch });

async function listenedOn(app: LaunchedApp, uri: string): Promise<ListeningClient> {
  const client = await listenTo({ url: endpointOf(app), requestId: 'listening' }, [uri]);
  onTestFinished(() => client.close());
  return client;
}

/** Reads a report whenever the client is told of it, until it is completed. */
async function followed(client: ListeningClient, uri: string): Promise<void> {
  let report = await client.read(uri);
  while (typeof report !== 'object' || report === null || !('books' in report)) {
    expect(report).toMatchObject({ status: expect.stringMatching(/^(queued|running)$/) });
    await client.news();
    report = await client.read(uri);
  }
}

async function stdioCommand(settings: Record<string, string>) {
  // The port is not listened on over stdio.
  const { file, args, cwd, env } = await nodeApp.command({ port: 1, stateDirectory, settings });
  return { command: file, args: [...args, '--stdio'], cwd, env: { ...env } };
}

describe.each([nodeApp, bunApp, denoApp])('a stream that a client listens on to apps/$name', (app) => {
  it(
    'ends with an answer when the process does, and holds nothing up',
    async () => {
      const running = await launch(app, {
        stateDirectory: await mkdtemp(join(stateDirectory, 'one-')),
        settings: { MCP_HTTP_SSE: 'on' },
      });
      onTestFinished(() => running.stop());
      const client = await listenedOn(running, await reportOn(running));
      const session = await fetch(new URL('/sse', running.url), { headers: { accept: 'text/event-stream' } });
      const signalled = Date.now();
      await running.stop();
      expect(Date.now() - signalled).toBeLessThan(ENDS_WITHIN_MS);
      expect(await client.ended).toBe('graceful');
      expect(await session.text()).toMatch(/^event: endpoint\n/);
    },
    JOB_CASE_MS,
  );
});

describe('over stdio', () => {
  it(
    'a report is followed until it is completed',
    async () => {
      const client = await listenTo(await stdioCommand({}), async (caller) => {
        const { structuredContent } = await caller.callTool({ name: 'start_report', arguments: MANY });
        return [`report://${started.parse(structuredContent).jobId}`];
      });
      onTestFinished(() => client.close());
      const [uri = ''] = client.honored;
      await followed(client, uri);
      expect(new Set(client.told)).toEqual(new Set([uri]));
    },
    JOB_CASE_MS,
  );
});

describe.skipIf(!redisIsThere)('two instances of apps/node on one Redis', () => {
  let redis: RedisServer;
  let instances: readonly [one: LaunchedApp, other: LaunchedApp];
  beforeAll(async () => {
    redis = await startRedis({ directory: stateDirectory });
    const options = { stateDirectory, settings: { REDIS_URL: redis.url } };
    instances = [await launch(nodeApp, options), await launch(nodeApp, options)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await redis.stop();
  });

  it(
    'tell those who listen to either of a report that one of them works on',
    async () => {
      const [one, other] = instances;
      const uri = await reportOn(one);
      const clients = await Promise.all([listenedOn(one, uri), listenedOn(other, uri)]);
      await Promise.all(clients.map((client) => followed(client, uri)));
    },
    JOB_CASE_MS,
  );

  it('neither confirm nor tell of the report of somebody else', async () => {
    const uri = await begunReport(await stdioCommand({ REDIS_URL: redis.url }));
    const client = await listenedOn(instances[0], uri);
    expect(client.honored).toEqual([]);
    expect(await client.ended).toBe('graceful');
    expect(client.told).toEqual([]);
  });

  it(
    'tell on after an outage of Redis, and refuse to listen in one',
    async () => {
      const [one, other] = instances;
      const uri = await reportOn(one);
      const client = await listenedOn(other, uri);
      await client.news();

      await redis.stop();
      const notifications = { resourceSubscriptions: [uri] };
      const refused = await fetch(endpointOf(other), modern('subscriptions/listen', { notifications }, { id: 'l-3' }));
      await expectRefusal(refused, { status: 503, code: -32_603, id: 'l-3', message: /"redis" is unavailable/ });
      await expect.poll(() => other.log(), { timeout: 10_000 }).toMatch(/The event bus is in trouble.*\n/);
      const told = client.told.length;
      await redis.start();

      await expect.poll(() => client.told.length, { timeout: 10_000 }).toBeGreaterThan(told);
      await followed(client, uri);
    },
    JOB_CASE_MS,
  );
});
