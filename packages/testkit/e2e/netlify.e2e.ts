import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { netlifyBlobsStore } from '@mcp-everywhere/platform/state/netlify-blobs';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import type { App } from '../src/apps/app.ts';
import { builtNetlify, JOBS_SECRET, netlifyApp, netlifyDevApp } from '../src/apps/netlify.ts';
import { environmentWith } from '../src/apps/workspace.ts';
import { legacy, messageOf, modern, post, type WireRequest } from '../src/clients/wire.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { launch, launchToFail } from '../src/launch.ts';
import { startLocalNetlify } from '../src/netlify/local-netlify.ts';
import { KNOWN_RECORD } from '../src/suite/catalogue-facts.ts';
import { expectRefusal } from '../src/suite/refusal.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';

const answer = z.object({ result: z.object({ structuredContent: z.record(z.string(), z.unknown()) }) });
const started = z.object({ jobId: z.string() });
const job = z.object({
  status: z.string(),
  updatedAt: z.number(),
  failures: z.number(),
  progress: z.object({ done: z.number() }).optional(),
  lease: z.object({ runner: z.string(), until: z.number() }).optional(),
});
/** Spans of years: with few books, so that a report is quick, and with enough to be met at work. */
const FEW = { yearFrom: 1800, yearTo: 1820 };
const MORE = { yearFrom: 1800, yearTo: 1890 };
/** A runner that was killed is taken for dead after 15 s. */
const WITHIN = { timeout: 60_000, interval: 100 };
const WITHIN_A_TEST = 90_000;

suite(netlifyApp);

describe('apps/netlify, beyond the suite', () => {
  let directory: string;
  let site: Site;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-netlify-'));
    site = await startSite();
  });
  afterAll(async () => {
    await site.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function startedSite({ timeoutSeconds = 60, settings = {}, retryAfterSeconds = [60, 120] } = {}) {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const netlify = await startLocalNetlify({
      directory: await builtNetlify(),
      host: LOOPBACK,
      port,
      stateDirectory: await mkdtemp(join(directory, 'state-')),
      timeoutSeconds,
      retryAfterSeconds,
      environment: environmentWith({
        FETCH_PAGE_HOSTS: site.hosts.join(','),
        FETCH_PAGE_ALLOW_PRIVATE: '1',
        ...settings,
      }),
    });
    onTestFinished(() => netlify.close());
    const url = `http://${LOOPBACK}:${port}`;
    return { netlify, url, send: (request: WireRequest) => fetch(`${url}/mcp`, request) };
  }

  /** A site that runs jobs, and what its Blobs say of them: so nobody asks the server. */
  async function siteWithJobs(options: Parameters<typeof startedSite>[0] = {}) {
    const settings = { JOBS_SECRET, ...options.settings };
    const { netlify, send } = await startedSite({ ...options, settings });
    const { siteID, token, url } = netlify.blobs;
    const store = netlifyBlobsStore({ name: 'state', siteID, token, edgeURL: url, uncachedEdgeURL: url });
    const call = async (name: string, args: object) => {
      const response = await send(modern('tools/call', { name, arguments: args }, { id: 1 }));
      return answer.parse(messageOf(await response.text())).result.structuredContent;
    };
    return {
      netlify,
      store,
      call,
      startReport: async (years: object) => started.parse(await call('start_report', years)).jobId,
      readJob: async (jobId: string) => job.parse(JSON.parse((await store.get(`jobs/${jobId}`)) ?? 'null')),
    };
  }

  it('completes a report though nobody asks for it', async () => {
    const { startReport, readJob } = await siteWithJobs();
    const jobId = await startReport(FEW);
    await expect.poll(() => readJob(jobId), WITHIN).toMatchObject({ status: 'completed' });
  });

  it(
    'goes on with a report in another call of the background function where the time of one is over',
    async () => {
      const { startReport, readJob } = await siteWithJobs({ settings: { JOB_RUN_SECONDS: '1' } });
      const jobId = await startReport(MORE);
      const runners = new Set<string>();
      await expect
        .poll(async () => {
          const { lease, ...read } = await readJob(jobId);
          if (lease !== undefined) runners.add(lease.runner);
          return read;
        }, WITHIN)
        .toMatchObject({ status: 'completed', failures: 0 });
      expect(runners.size).toBeGreaterThan(1);
    },
    WITHIN_A_TEST,
  );

  it(
    'completes a report whose process was killed: Netlify calls the function again',
    async () => {
      const { netlify, startReport, readJob } = await siteWithJobs({ retryAfterSeconds: [1] });
      const jobId = await startReport(MORE);
      await expect.poll(() => readJob(jobId), WITHIN).toMatchObject({ progress: { done: expect.any(Number) } });
      await netlify.killEnvironments();
      expect(await readJob(jobId)).toMatchObject({ status: 'running' });
      await expect.poll(() => readJob(jobId), WITHIN).toMatchObject({ status: 'completed' });
    },
    WITHIN_A_TEST,
  );

  it(
    'completes a report that Netlify calls the function for no more, once somebody has asked for it',
    async () => {
      const { netlify, store, call, startReport, readJob } = await siteWithJobs({ retryAfterSeconds: [] });
      const jobId = await startReport(MORE);
      await expect.poll(() => readJob(jobId), WITHIN).toMatchObject({ progress: { done: expect.any(Number) } });
      await netlify.killEnvironments();
      // As if that had been a minute ago.
      const held = JSON.parse((await store.get(`jobs/${jobId}`)) ?? 'null');
      const { lease, updatedAt } = job.parse(held);
      const earlier = { updatedAt: updatedAt - 60_000, lease: lease && { ...lease, until: lease.until - 60_000 } };
      await store.set(`jobs/${jobId}`, JSON.stringify({ ...held, ...earlier }), 60);
      await call('get_job_result', { jobId });
      await expect.poll(() => readJob(jobId), WITHIN).toMatchObject({ status: 'completed' });
    },
    WITHIN_A_TEST,
  );

  it('works on a report only while somebody asks for it where there is no JOBS_SECRET', async () => {
    const { call, startReport, readJob } = await siteWithJobs({ settings: { JOBS_SECRET: '' } });
    const jobId = await startReport(FEW);
    expect(await readJob(jobId)).toMatchObject({ status: 'queued' });
    await expect.poll(() => call('get_job_result', { jobId }), WITHIN).toMatchObject({ status: 'completed' });
  });

  it('stops a tool before Netlify would stop the function', async () => {
    // A tenth is left for the answer, which has to be enough on a busy machine; fetch_page itself gives up after 8 s.
    const { send } = await startedSite({ timeoutSeconds: 8, settings: { WALL_TIME_SECONDS: '8' } });
    const fetchSilent = { name: 'fetch_page', arguments: { url: site.page('/silent') } };
    const stopped = async (request: WireRequest) => {
      const response = await send(request);
      expect(response.status).toBe(200);
      expect(messageOf(await response.text())).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringMatching(/Netlify.* ends a request after 8 s/) }] },
      });
    };
    await Promise.all([
      stopped(modern('tools/call', fetchSilent, { id: 1 })),
      stopped(legacy('tools/call', fetchSilent, { id: 1 })),
    ]);
  });

  it('says which store is down, and recovers when it is back', async () => {
    const { netlify, send, url } = await startedSite();
    const request = modern('tools/call', { name: 'create_draft', arguments: { title: 'Later' } }, { id: 1 });
    const create = async () => messageOf(await (await send(request)).text());
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });

    await netlify.blobs.stop();
    expect(await create()).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('netlify-blobs') }] },
    });
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { status: 'unavailable', stores: { 'netlify-blobs': 'unavailable' } },
    ]);

    await netlify.blobs.start();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });
  });

  it('takes a body that goes in base64, one that is no text, and none at all as over plain HTTP', async () => {
    const { send, url } = await startedSite();
    const binary = modern('tools/list', {}, { id: 'b-1', headers: { 'content-type': 'application/octet-stream' } });
    const unsupported = { status: 415, code: -32_000, id: 'b-1', message: /Content-Type: application\/json/ };
    await expectRefusal(await send(binary), unsupported);
    const noText = { ...post(''), body: new Uint8Array([0x7b, 0xff, 0xfe, 0x00, 0x7d]) };
    const malformed = { status: 400, code: -32_700, message: /not valid JSON/ };
    await expectRefusal(await fetch(`${url}/mcp`, noText), malformed);
    const { method, headers } = post('');
    await expectRefusal(await fetch(`${url}/mcp`, { method, headers }), malformed);
  });

  it('takes a header that is there twice for one with both values', async () => {
    const { url } = await startedSite();
    const { method, headers, body } = legacy('tools/list', {}, { id: 1 });
    const twice = { ...headers, accept: ['application/json', 'text/event-stream'] };
    const [response]: IncomingMessage[] = await once(
      httpRequest(`${url}/mcp`, { method, headers: twice }).end(body),
      'response',
    );
    expect(response?.statusCode).toBe(200);
    expect(messageOf(response === undefined ? '' : await text(response))).toMatchObject({ id: 1, result: {} });
  });

  it('answers no request where it cannot use a variable, and does not tell callers why', async () => {
    const { url } = await startedSite({ settings: { WALL_TIME_SECONDS: '61' } });
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('WALL_TIME_SECONDS');
  });
});

describe('apps/netlify, launched', () => {
  async function launched(app: App, settings: Record<string, string> = {}) {
    const running = await launch(app, { stateDirectory: await temporary(), settings });
    onTestFinished(() => running.stop());
    return running;
  }

  async function temporary(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-netlify-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  const accepted = { status: 202, body: '' };
  const delivery = { jobId: 'job_1' };

  async function background(settings: Record<string, string> = {}) {
    const { url, log } = await launched(netlifyApp, settings);
    const start = async (authorization: string, asked: unknown) => {
      const response = await fetch(`${url}/.netlify/functions/jobs`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      });
      return { status: response.status, body: await response.text() };
    };
    const logged = (message: string) => vi.waitFor(() => expect(log()).toContain(message), 10_000);
    return { start, logged, log };
  }

  it('answers a call of the background function at once, and runs nothing for who does not know the secret', async () => {
    const { start, logged, log } = await background();
    expect(await start('Bearer guessed', delivery)).toEqual(accepted);
    await logged('does not show JOBS_SECRET');
    expect(await start(`Bearer ${JOBS_SECRET}`, { jobId: 7 })).toEqual(accepted);
    await logged('the request is not {');
    expect(log()).not.toContain(JOBS_SECRET);
  });

  it('lets nobody start a job where there is no secret, whatever they show for it', async () => {
    const { start, logged } = await background({ JOBS_SECRET: '' });
    expect(await start('Bearer undefined', delivery)).toEqual(accepted);
    await logged('JOBS_SECRET is not set');
  });

  it.each([
    ['WALL_TIME_SECONDS', '61', 'give whole seconds, from 1 to 60'],
    ['JOBS_SECRET', 'hunter2', 'give at least 32 characters'],
  ])('says in its log that it cannot use %s, and ends', async (variable, value, advice) => {
    const stateDirectory = await temporary();
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const { code, output } = await launchToFail(netlifyApp, { port, stateDirectory, settings: { [variable]: value } });
    expect(output).toMatch(new RegExp(`${variable}.*${advice}`));
    expect(output).not.toContain('hunter2');
    expect(code).toBe(1);
  });

  it("runs under Netlify's own emulator too, and keeps its state there from one call to the next", async () => {
    const { url } = await launched(netlifyDevApp);
    const call = async (name: string, args: Record<string, unknown> = {}) => {
      const response = await fetch(`${url}/mcp`, modern('tools/call', { name, arguments: args }, { id: 1 }));
      return answer.parse(messageOf(await response.text())).result.structuredContent;
    };
    expect(await call('runtime_info')).toMatchObject({ target: 'netlify', state: { kind: 'netlify-blobs' } });
    const { draftId } = await call('create_draft', { title: 'Local' });
    expect(await call('append_to_draft', { draftId, recordId: KNOWN_RECORD })).toMatchObject({ added: true });
    expect(await call('read_draft', { draftId })).toMatchObject({ entries: [{ recordId: KNOWN_RECORD }] });
    const { jobId } = await call('start_report', FEW);
    await expect.poll(() => call('get_job_result', { jobId }), WITHIN).toMatchObject({ status: 'completed' });
    // It starts in 3 s on an idle machine, and takes 0.3 s a call.
  }, 60_000);
});
