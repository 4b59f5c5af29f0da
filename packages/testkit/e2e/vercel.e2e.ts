import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { builtVercel, vercelApp } from '../src/apps/vercel.ts';
import { appDirectory, environmentWith } from '../src/apps/workspace.ts';
import { platformCli } from '../src/build/platform-cli.ts';
import { messageOf, modern, sendRaw, type WireRequest } from '../src/clients/wire.ts';
import { hasRedis } from '../src/engines/redis.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { launchToFail } from '../src/launch.ts';
import { JOB_CASE_MS, WITHIN } from '../src/suite/jobs.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';
import { readBuildOutput } from '../src/vercel/build-output.ts';
import { startLocalVercel } from '../src/vercel/local-vercel.ts';
import { destinationOf } from '../src/vercel/routing.ts';

const FUNCTION = 'functions/api/index.func';
const JOBS_FUNCTION = 'functions/api/jobs.func';
/** Nobody reaches the function that queues call: its path is rewritten like any other. */
const PATHS = ['/', '/mcp', '/healthz', '/api', '/api/', '/api/index', '/api/jobs', '/no/such.js', '/a%20b'];
/** A call's answer, as far as it is about a job or about the runtime. */
const answered = z.object({
  result: z.object({
    structuredContent: z.object({
      jobId: z.string().optional(),
      status: z.string().optional(),
      jobs: z.string().optional(),
    }),
  }),
});
/** Nothing is installed or bundled by the CLI here: that is done. */
const NO_COMMANDS = { installCommand: '', buildCommand: '' };
/** Fetching the CLI, the first time. */
const INSTALLED_WITHIN_MS = 180_000;

// What stands in for Redis on machines that have none forgets its data, so it passes no restart.
describe.skipIf(!(await hasRedis()))('on Vercel', () => {
  suite(vercelApp);

  describe('apps/vercel, beyond the suite', () => {
    let directory: string;
    let site: Site;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-vercel-'));
      site = await startSite();
    });
    afterAll(async () => {
      await site.close();
      await rm(directory, { recursive: true, force: true });
    });

    async function started(output: string, environment: Record<string, string> = {}) {
      const port = await getPort({ host: LOOPBACK, reserve: true });
      const stateDirectory = await mkdtemp(join(directory, 'state-'));
      const vercel = await startLocalVercel({
        directory: output,
        host: LOOPBACK,
        port,
        stateDirectory,
        environment: environmentWith({
          FETCH_PAGE_HOSTS: site.hosts.join(','),
          FETCH_PAGE_ALLOW_PRIVATE: '1',
          ...environment,
        }),
      });
      onTestFinished(() => vercel.close());
      const url = `http://${LOOPBACK}:${port}`;
      const send = (request: WireRequest) => fetch(`${url}/mcp`, request);
      const call = async (name: string, args: object) =>
        messageOf(await (await send(modern('tools/call', { name, arguments: args }, { id: 1 }))).text());
      const structured = async (name: string, args: object) =>
        answered.parse(await call(name, args)).result.structuredContent;
      return { vercel, url, stateDirectory, send, call, structured };
    }

    /** The output as it would be with another `maxDuration` of one of its functions. */
    async function outputWithin(maxDuration: number, name = FUNCTION): Promise<string> {
      const output = await mkdtemp(join(directory, 'output-'));
      await cp(await builtVercel(), output, { recursive: true });
      const { maxDuration: usual } = JSON.parse(await readFile(join(output, name, '.vc-config.json'), 'utf8'));
      for (const file of ['.vc-config.json', 'apps/vercel/vercel.json']) {
        const path = join(output, name, file);
        const content = await readFile(path, 'utf8');
        await writeFile(path, content.replace(`"maxDuration": ${usual}`, `"maxDuration": ${maxDuration}`));
      }
      return output;
    }

    it('stops a tool before Vercel would stop the function', async () => {
      const { send } = await started(await outputWithin(2));
      const call = { name: 'fetch_page', arguments: { url: site.page('/silent') } };
      const response = await send(modern('tools/call', call, { id: 1 }));
      expect(response.status).toBe(200);
      expect(messageOf(await response.text())).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringMatching(/Vercel.* ends a request after 2 s/) }] },
      });
    });

    it('says which store is down, and recovers when it is back', async () => {
      const { vercel, send, url } = await started(await builtVercel());
      const request = modern('tools/call', { name: 'create_draft', arguments: { title: 'Later' } }, { id: 1 });
      const create = async () => messageOf(await (await send(request)).text());
      expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });

      await vercel.database.stop();
      expect(await create()).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringContaining('vercel-kv') }] },
      });
      const unready = await fetch(`${url}/readyz`);
      expect([unready.status, await unready.json()]).toEqual([
        503,
        { status: 'unavailable', stores: { 'vercel-kv': 'unavailable' } },
      ]);

      await vercel.database.start();
      await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
      expect(await create()).toMatchObject({ result: { structuredContent: { title: 'Later' } } });
    });

    it(
      'leaves a report off before Vercel would stop the function, and goes on in another delivery',
      async () => {
        const { structured, stateDirectory } = await started(await outputWithin(6, JOBS_FUNCTION));
        const { jobId } = await structured('start_report', {});
        const queues = new DatabaseSync(join(stateDirectory, 'queues.sqlite'), { readOnly: true });
        onTestFinished(() => queues.close());
        const messages = new Set<unknown>();
        const status = async () => {
          for (const { id } of queues.prepare('SELECT id FROM messages').all()) messages.add(id);
          return (await structured('get_job_result', { jobId })).status;
        };
        await expect.poll(status, WITHIN).toBe('completed');
        expect(messages.size).toBeGreaterThan(1);
      },
      JOB_CASE_MS,
    );

    it(
      'says that Vercel Queues are down, and recovers when they are back',
      async () => {
        const { vercel, call, structured } = await started(await builtVercel());
        await vercel.queues.stop();
        expect(await call('start_report', { yearFrom: 1800, yearTo: 1820 })).toMatchObject({
          result: { isError: true, content: [{ text: expect.stringContaining('"vercel-queues" is unavailable') }] },
        });
        await vercel.queues.start();
        const { jobId } = await structured('start_report', { yearFrom: 1800, yearTo: 1820 });
        await expect.poll(async () => (await structured('get_job_result', { jobId })).status, WITHIN).toBe('completed');
      },
      JOB_CASE_MS,
    );

    it(
      'says that nothing delivers jobs where Vercel does not say which deployment it is, and works on one while it is asked',
      async () => {
        const { structured } = await started(await builtVercel(), { VERCEL_DEPLOYMENT_ID: '' });
        expect(await structured('runtime_info', {})).toMatchObject({ jobs: 'on-demand' });
        const { jobId } = await structured('start_report', { yearFrom: 1800, yearTo: 1820 });
        await expect.poll(async () => (await structured('get_job_result', { jobId })).status, WITHIN).toBe('completed');
      },
      JOB_CASE_MS,
    );

    it('answers to the names that Vercel gives it, and to no other', async () => {
      const names = {
        VERCEL_URL: 'mcp-4711.vercel.app',
        VERCEL_BRANCH_URL: 'mcp-git-main.vercel.app',
        VERCEL_PROJECT_PRODUCTION_URL: 'mcp.example.com',
      };
      const { url } = await started(await builtVercel(), { ...names, MCP_ALLOWED_HOSTS: 'mcp.example.org' });
      const statusFor = async (host: string) =>
        (await sendRaw(`${url}/mcp`, modern('tools/list', {}, { id: 1 }), { host })).status;
      for (const host of [...Object.values(names), 'mcp.example.org']) expect(await statusFor(host)).toBe(200);
      expect(await statusFor('mcp.example.net')).toBe(403);
    });

    it('says in a few words which variable it cannot use, and ends', async () => {
      const port = await getPort({ host: LOOPBACK, reserve: true });
      const stateDirectory = await mkdtemp(join(directory, 'state-'));
      const settings = { MCP_MAX_BODY_BYTES: 'much' };
      const { code, output } = await launchToFail(vercelApp, { port, stateDirectory, settings });
      expect(code).toBe(1);
      expect(output).toContain('MCP_MAX_BODY_BYTES');
      // With a line of the bundle, it is 20 KB.
      expect(output.length).toBeLessThan(2_000);
    });

    it(
      "is the functions that Vercel's own CLI makes of the sources and the bundle, called by the same paths and queues",
      async () => {
        const ours = await builtVercel();
        const theirs = await builtByVercel();
        expect(await filesIn(join(theirs, 'functions'))).toEqual(await filesIn(join(ours, 'functions')));
        for (const file of await filesIn(join(ours, 'functions'))) {
          const [our = '', their = ''] = await Promise.all(
            [ours, theirs].map((at) => readFile(join(at, 'functions', file), 'utf8')),
          );
          if (file.endsWith('.vc-config.json')) expect(JSON.parse(their)).toMatchObject(JSON.parse(our));
          else if (file.endsWith('vercel.json'))
            expect(JSON.parse(their)).toEqual({ ...JSON.parse(our), ...NO_COMMANDS });
          else expect(their).toBe(our);
        }
        const everyPath = Object.fromEntries(PATHS.map((path) => [path, 'apps/vercel/api/index.js']));
        expect([await handlersIn(ours), await handlersIn(theirs)]).toEqual([everyPath, everyPath]);
        const { url } = await started(theirs);
        expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ target: 'vercel' });
      },
      INSTALLED_WITHIN_MS,
    );

    /** What `vercel build` makes of a copy of the app that has its bundle, and no output of ours for the CLI to take up. */
    async function builtByVercel(): Promise<string> {
      const cli = join(await platformCli(join(appDirectory('vercel'), 'cli')), '../vercel/dist/vc.js');
      const repository = await mkdtemp(join(directory, 'repository-'));
      const copy = join(repository, 'apps/vercel');
      for (const file of ['api', 'dist/index.mjs', 'package.json']) {
        await cp(join(appDirectory('vercel'), file), join(copy, file), { recursive: true });
      }
      const config: object = JSON.parse(await readFile(join(appDirectory('vercel'), 'vercel.json'), 'utf8'));
      await writeFile(join(copy, 'vercel.json'), JSON.stringify({ ...config, ...NO_COMMANDS }));
      // Without an output of ours it takes this folder for the static files, and refuses one that has none.
      await mkdir(join(copy, 'public'));
      await writeFile(join(copy, 'public/none.txt'), '');
      await mkdir(join(repository, '.vercel'));
      const settings = { rootDirectory: 'apps/vercel', nodeVersion: '24.x' };
      const link = { projectId: 'none', orgId: 'none', settings };
      await writeFile(join(repository, '.vercel/project.json'), JSON.stringify(link));
      await execa(process.execPath, [cli, 'build', '--yes'], {
        cwd: repository,
        // What it would install is in the bundle.
        env: environmentWith({ VERCEL_TELEMETRY_DISABLED: '1', VERCEL_INSTALL_COMPLETED: '1' }),
        extendEnv: false,
      });
      const output = join(repository, '.vercel/output');
      await rm(join(output, 'static'), { recursive: true });
      return output;
    }
  });
});

/** The file that serves each of the paths. */
async function handlersIn(directory: string): Promise<object> {
  const output = await readBuildOutput(directory);
  const found = PATHS.map((path) => [path, destinationOf(output, path)] as const);
  return Object.fromEntries(found.map(([path, to]) => [path, 'handler' in to ? to.handler : to.status]));
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
}
