import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueueServiceClient } from '@azure/storage-queue';
import { createJobs } from '@mcp-everywhere/platform/jobs';
import { azureTableStore } from '@mcp-everywhere/platform/state/azure-table';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { azureApp, builtAzure } from '../src/apps/azure.ts';
import { environmentWith } from '../src/apps/workspace.ts';
import { startLocalAzure } from '../src/azure/local-azure.ts';
import { listenTo } from '../src/clients/listening-client.ts';
import { messageOf, modern, post, sendRaw, type WireRequest } from '../src/clients/wire.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { JOB_CASE_MS, WITHIN } from '../src/suite/jobs.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';

suite(azureApp);

const reportOn = (years: object) => modern('tools/call', { name: 'start_report', arguments: years }, { id: 1 });
/** Few books, so that a report is quick. */
const FEW = { yearFrom: 1800, yearTo: 1820 };
/** Most books take long enough to be killed in between; all of them more than one invocation has time for. */
const MOST = { yearFrom: 1850 };
const longReport = reportOn({});
const shortReport = reportOn(FEW);
const ORDER = { kind: 'start_report', owner: 'anonymous', input: {} };
const startedReport = z.object({ result: z.object({ structuredContent: z.object({ jobId: z.string() }) }) });
/** Of a job, in the table. */
const jobRecord = z.object({
  status: z.string(),
  progress: z.object({ done: z.number() }).optional(),
  lease: z.object({ runner: z.string() }).optional(),
});
const report = z.object({ jobId: z.string() });

describe('apps/azure, beyond the suite', () => {
  let stateDirectory: string;
  let site: Site;
  beforeAll(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-azure-'));
    site = await startSite();
  });
  afterAll(async () => {
    await site.close();
    await rm(stateDirectory, { recursive: true, force: true });
  });

  async function started(environment: Record<string, string> = {}) {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const azure = await startLocalAzure({
      directory: await builtAzure(),
      host: LOOPBACK,
      port,
      stateDirectory: await mkdtemp(join(stateDirectory, 'state-')),
      environment: environmentWith({
        FETCH_PAGE_HOSTS: site.hosts.join(','),
        FETCH_PAGE_ALLOW_PRIVATE: '1',
        ...environment,
      }),
    });
    onTestFinished(() => azure.close());
    const url = `http://${LOOPBACK}:${port}`;
    const connectionString = azure.storage?.connectionString(azure.storage.url) ?? '';
    const state = azureTableStore({ tableName: 'mcpstate', connectionString });
    return {
      azure,
      url,
      state,
      send: (request: WireRequest) => fetch(`${url}/mcp`, request),
      /** Reads the job that was begun where it is kept: to ask for it might be what has it done. */
      jobOf: async (response: Response) => {
        const { result } = startedReport.parse(messageOf(await response.text()));
        const { jobId } = result.structuredContent;
        return async () => jobRecord.parse(JSON.parse((await state.get(`jobs/${jobId}`)) ?? 'null'));
      },
      queueNamed: (name: string) => QueueServiceClient.fromConnectionString(connectionString).getQueueClient(name),
    };
  }

  it('stops a tool before the host would kill the worker', async () => {
    const { send } = await started({ AzureFunctionsJobHost__functionTimeout: '00:00:02' });
    const request = modern('tools/call', { name: 'fetch_page', arguments: { url: site.page('/silent') } }, { id: 1 });
    const response = await send(request);
    expect(response.status).toBe(200);
    expect(messageOf(await response.text())).toMatchObject({
      result: {
        isError: true,
        content: [{ text: expect.stringMatching(/Azure Functions.* ends a request after 2 s/) }],
      },
    });
  });

  it('ends a stream that a client listens on before the host would kill the worker, and the client listens again', async () => {
    const { url } = await started({ AzureFunctionsJobHost__functionTimeout: '00:00:05' });
    const connection = { url: new URL('/mcp', url), requestId: 'listening' };
    const uris: string[] = [];
    for (const _ of ['first', 'again']) {
      const client = await listenTo(connection, async (caller) => {
        const { structuredContent } = await caller.callTool({ name: 'start_report', arguments: FEW });
        uris.push(`report://${report.parse(structuredContent).jobId}`);
        return uris;
      });
      expect(client.honored).toEqual(uris);
      expect(await client.ended).toBe('graceful');
      await client.close();
    }
  }, 45_000);

  it('says which store is down, and recovers when it is back', async () => {
    const { azure, send, url } = await started();
    const request = modern('tools/call', { name: 'create_draft', arguments: { title: 'Later' } }, { id: 1 });
    const create = async () => messageOf(await (await send(request)).text());
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });

    await azure.storage?.stop();
    expect(await create()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('azure-table') }] },
    });
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { status: 'unavailable', stores: { 'azure-table': 'unavailable' } },
    ]);

    await azure.storage?.start();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });
  });

  it(
    'completes a report for which one delivery is too short',
    async () => {
      const { send, jobOf } = await started({ AzureFunctionsJobHost__functionTimeout: '00:00:06' });
      const job = await jobOf(await send(longReport));
      const runners = new Set<string>();
      await expect
        .poll(
          async () => {
            const { status, lease } = await job();
            if (lease !== undefined) runners.add(lease.runner);
            return status;
          },
          { ...WITHIN, interval: 100 },
        )
        .toBe('completed');
      expect(runners.size).toBeGreaterThan(1);
    },
    JOB_CASE_MS,
  );

  it(
    'completes a report whose worker is killed in the middle, though nobody asks for it',
    async () => {
      const { azure, send, jobOf } = await started();
      const job = await jobOf(await send(reportOn(MOST)));
      await expect.poll(async () => (await job()).progress?.done ?? 0, { ...WITHIN, interval: 10 }).toBeGreaterThan(0);
      await azure.killWorker();
      expect((await job()).status).toBe('running');
      await expect.poll(async () => (await job()).status, WITHIN).toBe('completed');
    },
    JOB_CASE_MS,
  );

  it(
    'says that the queue is down, and recovers when it is back',
    async () => {
      const { azure, send, jobOf } = await started();
      await azure.storage?.queues.stop();
      expect(messageOf(await (await send(shortReport)).text())).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringContaining('"storage-queue" is unavailable') }] },
      });
      await azure.storage?.queues.start();
      const job = await jobOf(await send(shortReport));
      await expect.poll(async () => (await job()).status, WITHIN).toBe('completed');
    },
    JOB_CASE_MS,
  );

  it(
    'shows a job as failed that the host has given up',
    async () => {
      const { send, state, queueNamed } = await started();
      // One that was sent nowhere: nothing else delivers it.
      const { id } = await createJobs(state, { kind: 'nowhere', send: async () => {} }).submit(ORDER);
      const queue = queueNamed('mcpjobs-poison');
      await queue.createIfNotExists();
      await queue.sendMessage(btoa(JSON.stringify({ jobId: id })));
      const view = async () => {
        const call = { name: 'get_job_result', arguments: { jobId: id } };
        return messageOf(await (await send(modern('tools/call', call, { id: 1 }))).text());
      };
      await expect.poll(view, WITHIN).toMatchObject({
        result: { structuredContent: { status: 'failed', error: expect.stringContaining('could not be begun') } },
      });
    },
    JOB_CASE_MS,
  );

  it('answers to the name the client used, where that is allowed, and shows it', async () => {
    const { url } = await started({ MCP_ALLOWED_HOSTS: 'mcp.example.com' });
    const page = { method: 'GET', headers: { 'x-forwarded-proto': 'https' }, body: '' };
    const allowed = await sendRaw(`${url}/`, page, { host: 'mcp.example.com' });
    expect(allowed.status).toBe(200);
    expect(allowed.body).toContain('https://mcp.example.com/mcp');
    const disguised = { ...page, headers: { ...page.headers, 'disguised-host': 'mcp.example.com' } };
    expect(await sendRaw(`${url}/`, disguised, { host: 'internal' })).toMatchObject({ status: 200 });
    const foreign = { ...page, headers: { ...page.headers, 'disguised-host': 'evil.example.com' } };
    expect(await sendRaw(`${url}/`, foreign, { host: 'mcp.example.com' })).toMatchObject({ status: 403 });
  });

  it('takes a binary body and an absent one as over plain HTTP', async () => {
    const { url } = await started();
    const { headers } = post('');
    for (const body of [Uint8Array.of(0x1f, 0x8b, 0, 0xff), undefined]) {
      const response = await fetch(`${url}/mcp`, { method: 'POST', headers, ...(body !== undefined && { body }) });
      expect(response.status).toBe(400);
      expect(messageOf(await response.text())).toMatchObject({ error: { code: -32_700 } });
    }
  });
});
