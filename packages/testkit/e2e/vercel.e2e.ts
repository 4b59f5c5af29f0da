import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtVercel, vercelApp } from '../src/apps/vercel.ts';
import { appDirectory, environmentWith } from '../src/apps/workspace.ts';
import { platformCli } from '../src/build/platform-cli.ts';
import { messageOf, modern, sendRaw, type WireRequest } from '../src/clients/wire.ts';
import { hasRedis } from '../src/engines/redis.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';
import { startLocalVercel } from '../src/vercel/local-vercel.ts';

const FUNCTION = 'functions/api/index.func';
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
      const vercel = await startLocalVercel({
        directory: output,
        host: LOOPBACK,
        port,
        stateDirectory: await mkdtemp(join(directory, 'state-')),
        environment: environmentWith({
          FETCH_PAGE_HOSTS: site.hosts.join(','),
          FETCH_PAGE_ALLOW_PRIVATE: '1',
          ...environment,
        }),
      });
      onTestFinished(() => vercel.close());
      const url = `http://${LOOPBACK}:${port}`;
      return { vercel, url, send: (request: WireRequest) => fetch(`${url}/mcp`, request) };
    }

    /** The output as it would be with another `maxDuration`. */
    async function outputWithin(maxDuration: number): Promise<string> {
      const output = await mkdtemp(join(directory, 'output-'));
      await cp(await builtVercel(), output, { recursive: true });
      for (const file of ['.vc-config.json', 'apps/vercel/vercel.json']) {
        const path = join(output, FUNCTION, file);
        const content = await readFile(path, 'utf8');
        await writeFile(path, content.replace(/"maxDuration": \d+/, `"maxDuration": ${maxDuration}`));
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

    it(
      "is built by Vercel's own CLI, from a push, as build.ts builds it",
      async () => {
        const ours = await mkdtemp(join(directory, 'output-'));
        await cp(await builtVercel(), ours, { recursive: true });
        const theirs = await builtByVercel();
        expect(await filesIn(join(theirs, 'functions'))).toEqual(await filesIn(join(ours, 'functions')));
        for (const file of await filesIn(join(ours, FUNCTION))) {
          const [our, their] = await Promise.all(
            [ours, theirs].map((at) => readFile(join(at, FUNCTION, file), 'utf8')),
          );
          if (file === '.vc-config.json') expect(JSON.parse(their ?? '')).toMatchObject(JSON.parse(our ?? ''));
          else expect(their).toBe(our);
        }
        const { url } = await started(theirs);
        expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ target: 'vercel' });
      },
      INSTALLED_WITHIN_MS,
    );

    /** Where `vercel build` leaves what it makes of the sources: in our output's place, which comes back after the test. */
    async function builtByVercel(): Promise<string> {
      const cwd = appDirectory('vercel');
      const cli = join(await platformCli(join(cwd, 'cli')), '../vercel/dist/vc.js');
      const link = join(cwd, '.vercel/project.json');
      // Who has linked the project keeps the link; who has not is asked nothing.
      if (!(await stat(link).catch(() => undefined))) {
        await writeFile(link, JSON.stringify({ projectId: 'none', orgId: 'none', settings: {} }));
        onTestFinished(() => rm(link));
      }
      onTestFinished(async () => {
        await execa(process.execPath, ['build.ts'], { cwd });
      });
      await execa(process.execPath, [cli, 'build', '--yes'], { cwd, env: { VERCEL_TELEMETRY_DISABLED: '1' } });
      return join(cwd, '.vercel/output');
    }
  });
});

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
}
