import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeApp } from '../src/apps/node.ts';
import type { EraClient } from '../src/clients/client.ts';
import { connectLegacy } from '../src/clients/legacy-client.ts';
import { connectModern } from '../src/clients/modern-client.ts';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { type LaunchedApp, launch } from '../src/launch.ts';
import { endedJob, endedJobs, JOB_CASE_MS } from '../src/suite/jobs.ts';

const redisIsThere = await hasRedis();

/** One instance runs four jobs at once. */
const MORE_THAN_ONE_TAKES = 5;
/** Some of the books: the work grows with their square. */
const SOME = { yearFrom: 1890 };
const LOG_TAIL_CHARACTERS = 2_000;

describe.skipIf(!redisIsThere)('jobs of two instances of apps/node on one Redis', () => {
  let directory: string;
  let redis: RedisServer;
  let instances: readonly [one: LaunchedApp, other: LaunchedApp];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-redis-jobs-'));
    redis = await startRedis({ directory });
    const options = { stateDirectory: directory, settings: { REDIS_URL: redis.url } };
    instances = [await launch(nodeApp, options), await launch(nodeApp, options)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await redis.stop();
    await rm(directory, { recursive: true });
  });
  beforeEach(({ onTestFailed }) =>
    onTestFailed(() => {
      for (const { port, log } of instances)
        process.stderr.write(`The log of the instance at port ${port} ends:\n${log().slice(-LOG_TAIL_CHARACTERS)}\n`);
    }),
  );

  const clientsOf = async ([one, other]: typeof instances) =>
    [
      await connectModern({ url: new URL('/mcp', one.url), fetch }),
      await connectLegacy({ url: new URL('/mcp', other.url), fetch }),
    ] as const;

  const begun = async (client: EraClient) => (await client.callTool('start_report', SOME)).structured.jobId;
  const statusOf = async (client: EraClient, jobId: unknown) =>
    (await client.callTool('get_job_result', { jobId })).structured.status;
  const runs = (client: EraClient, jobId: unknown) =>
    expect.poll(() => statusOf(client, jobId), { interval: 20, timeout: 15_000 }).toBe('running');

  it(
    'are taken by both, and those of one that is killed are done by the other',
    async () => {
      const [one, other] = await clientsOf(instances);
      const jobs = await Promise.all(Array.from({ length: MORE_THAN_ONE_TAKES }, () => begun(one)));
      await expect
        .poll(() => Promise.all(jobs.map((jobId) => statusOf(other, jobId))), { interval: 20, timeout: 15_000 })
        .toEqual(jobs.map(() => 'running'));

      await instances[0].kill();
      expect((await endedJobs(other, jobs)).map(({ status }) => status)).toEqual(jobs.map(() => 'completed'));
      await instances[0].restart();
    },
    JOB_CASE_MS,
  );

  it(
    'begun on one that is killed before there is another are done by the next',
    async () => {
      await instances[1].stop();
      const [one] = await clientsOf([instances[0], instances[0]]);
      const jobId = await begun(one);
      await runs(one, jobId);
      await instances[0].kill();
      await Promise.all(instances.map((instance) => instance.restart()));
      const [, other] = await clientsOf(instances);
      expect(await endedJob(other, jobId)).toMatchObject({ status: 'completed' });
    },
    JOB_CASE_MS,
  );

  it(
    'outlive an outage of Redis, which every call meanwhile names',
    async () => {
      const clients = await clientsOf(instances);
      const [one, other] = clients;
      const jobId = await begun(one);
      await runs(other, jobId);

      await redis.stop();
      for (const client of [...clients, ...clients]) {
        for (const asked of [client.callTool('get_job_result', { jobId }), client.callTool('start_report')]) {
          const { isError, text } = await asked;
          expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining('"redis" is unavailable') });
        }
      }
      await redis.start();

      await expect.poll(() => statusOf(one, jobId).catch(String), { timeout: 5_000 }).toMatch(/^(running|queued)$/);
      expect(await endedJob(other, jobId)).toMatchObject({ status: 'completed' });
      // The log names the queue, once for each connection and not for each attempt.
      for (const instance of instances) {
        const lines = instance
          .log()
          .split('\n')
          .filter((line) => line.includes('The job queue is in trouble'));
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.length).toBeLessThan(10);
      }
    },
    JOB_CASE_MS,
  );

  it(
    'of an instance that is ended go on in the other at once',
    async () => {
      await instances[1].stop();
      const [one] = await clientsOf([instances[0], instances[0]]);
      const jobId = await begun(one);
      await runs(one, jobId);
      await instances[1].restart();
      await instances[0].stop();
      const [, other] = await clientsOf([instances[1], instances[1]]);
      expect(await endedJob(other, jobId)).toMatchObject({ status: 'completed' });
    },
    JOB_CASE_MS,
  );
});
