import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dynamoDbStore } from '@mcp-everywhere/platform/state/dynamodb';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { builtLambda, lambdaApp } from '../src/apps/lambda.ts';
import { environmentWith } from '../src/apps/workspace.ts';
import { legacy, messageOf, modern, type WireRequest } from '../src/clients/wire.ts';
import { FRONTS, type Front } from '../src/lambda/events.ts';
import { startLocalLambda } from '../src/lambda/local-lambda.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { KNOWN_RECORD } from '../src/suite/catalogue-facts.ts';
import { JOB_CASE_MS, WITHIN } from '../src/suite/jobs.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';

suite(lambdaApp);

const reportOn = (years: object) => modern('tools/call', { name: 'start_report', arguments: years }, { id: 1 });
/** Most books take long enough to be killed in between; all of them more than one invocation has time for. */
const MOST = { yearFrom: 1850 };
const longReport = reportOn({});
const shortReport = reportOn({ yearFrom: 1800, yearTo: 1820 });
const startedReport = z.object({ result: z.object({ structuredContent: z.object({ jobId: z.string() }) }) });
/** Of a job, in the table. */
const jobRecord = z.object({
  status: z.string(),
  progress: z.object({ done: z.number() }).optional(),
  lease: z.object({ runner: z.string() }).optional(),
});

describe('apps/lambda, beyond the suite', () => {
  let stateDirectory: string;
  let site: Site;
  beforeAll(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-lambda-'));
    site = await startSite();
  });
  afterAll(async () => {
    await site.close();
    await rm(stateDirectory, { recursive: true, force: true });
  });

  async function started(front: Front, timeoutSeconds = 30) {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const lambda = await startLocalLambda({
      directory: await builtLambda(),
      host: LOOPBACK,
      port,
      stateDirectory: await mkdtemp(join(stateDirectory, 'state-')),
      front,
      timeoutSeconds,
      environment: environmentWith({ FETCH_PAGE_HOSTS: site.hosts.join(','), FETCH_PAGE_ALLOW_PRIVATE: '1' }),
    });
    onTestFinished(() => lambda.close());
    const url = `http://${LOOPBACK}:${port}`;
    const { tableName, region, credentials, url: endpoint } = lambda.table;
    const table = dynamoDbStore({ tableName, region, credentials, endpoint });
    return {
      lambda,
      url,
      send: (request: WireRequest) => fetch(`${url}/mcp`, request),
      /** Reads the job that was begun where it is kept: to ask for it might be what has it done. */
      jobOf: async (response: Response) => {
        const { result } = startedReport.parse(messageOf(await response.text()));
        const { jobId } = result.structuredContent;
        return async () => jobRecord.parse(JSON.parse((await table.get(`jobs/${jobId}`)) ?? 'null'));
      },
    };
  }

  it.each(FRONTS)('answers both eras behind a %s', async (front) => {
    const { send, url } = await started(front);
    const call = { name: 'lookup_record', arguments: { id: KNOWN_RECORD } };
    for (const request of [modern('tools/call', call, { id: 1 }), legacy('tools/call', call, { id: 1 })]) {
      const response = await send(request);
      expect(response.status).toBe(200);
      expect(messageOf(await response.text())).toMatchObject({ result: { structuredContent: { id: KNOWN_RECORD } } });
    }
    const refused = await send({ ...modern('tools/list', {}, { id: 1 }), body: '{' });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
    expect(refused.headers.get('x-request-id')).not.toBeNull();
    expect(await (await fetch(url)).text()).toContain(`${url}/mcp`);
  });

  it('stops a tool before Lambda would stop the function', async () => {
    const { send } = await started('http-api', 2);
    const request = modern('tools/call', { name: 'fetch_page', arguments: { url: site.page('/silent') } }, { id: 1 });
    const response = await send(request);
    expect(response.status).toBe(200);
    expect(messageOf(await response.text())).toMatchObject({
      result: {
        isError: true,
        content: [{ text: expect.stringMatching(/Lambda.* ends a request after 2 s/) }],
      },
    });
  });

  it('says which store is down, and recovers when it is back', async () => {
    const { lambda, send, url } = await started('function-url');
    const request = modern('tools/call', { name: 'create_draft', arguments: { title: 'Later' } }, { id: 1 });
    const create = async () => messageOf(await (await send(request)).text());
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });

    await lambda.table.stop();
    expect(await create()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('dynamodb') }] },
    });
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { status: 'unavailable', stores: { dynamodb: 'unavailable' } },
    ]);

    await lambda.table.start();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });
  });

  it(
    'completes a report though nobody asks for it',
    async () => {
      const { send, jobOf } = await started('function-url');
      const job = await jobOf(await send(shortReport));
      await expect.poll(async () => (await job()).status, WITHIN).toBe('completed');
    },
    JOB_CASE_MS,
  );

  it(
    'completes a report for which one invocation is too short',
    async () => {
      const { send, jobOf } = await started('http-api', 3);
      const job = await jobOf(await send(longReport));
      const runners = new Set<string>();
      await expect
        .poll(
          async () => {
            const { status, lease } = await job();
            if (lease !== undefined) runners.add(lease.runner);
            return status;
          },
          { ...WITHIN, interval: 20 },
        )
        .toBe('completed');
      expect(runners.size).toBeGreaterThan(1);
    },
    JOB_CASE_MS,
  );

  it(
    'completes a report whose environment is killed in the middle, though nobody asks for it',
    async () => {
      const { lambda, send, jobOf } = await started('http-api', 3);
      const job = await jobOf(await send(reportOn(MOST)));
      await expect.poll(async () => (await job()).progress?.done ?? 0, { ...WITHIN, interval: 10 }).toBeGreaterThan(0);
      await lambda.killJobs();
      expect((await job()).status).toBe('running');
      // The message is hidden for another 18 s, and the one who was killed is waited for.
      await expect.poll(async () => (await job()).status, WITHIN).toBe('completed');
    },
    JOB_CASE_MS,
  );

  it(
    'says that the queue is down, and recovers when it is back',
    async () => {
      const { lambda, send, jobOf } = await started('function-url');
      await lambda.queue.stop();
      expect(messageOf(await (await send(shortReport)).text())).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringContaining('"sqs" is unavailable') }] },
      });
      await lambda.queue.start();
      const job = await jobOf(await send(shortReport));
      await expect.poll(async () => (await job()).status, WITHIN).toBe('completed');
    },
    JOB_CASE_MS,
  );
});
