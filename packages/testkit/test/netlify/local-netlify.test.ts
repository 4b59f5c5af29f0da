import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import getPort from 'get-port';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { environmentWith } from '../../src/apps/workspace.ts';
import { zipOf } from '../../src/build/zip.ts';
import { LOOPBACK, refuseBusyPort } from '../../src/launch/port.ts';
import { startLocalNetlify } from '../../src/netlify/local-netlify.ts';
import { ask } from '../http/ask.ts';

const root = await mkdtemp(join(tmpdir(), 'local-netlify-'));
afterAll(() => rm(root, { recursive: true }));

/** Answers with the URL it was called by. */
const ECHO = 'export const handler = async ({ rawUrl }) => ({ statusCode: 200, body: rawUrl });';

/** What `netlify build` would leave of one function at every path. */
async function built({ name = 'echo', file = '___netlify-entry-point.mjs' } = {}): Promise<string> {
  const directory = await mkdtemp(join(root, 'built-'));
  const routes = [{ pattern: '/*', expression: '^(?:\\/(.*))\\/?$' }];
  const functions = [{ name, path: join(directory, 'echo.zip'), invocationMode: 'stream', routes }];
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ functions }));
  await writeFile(join(directory, 'echo.zip'), zipOf({ [file]: Buffer.from(ECHO) }));
  return directory;
}

async function starting(directory: string, stateDirectory?: string, asked?: number) {
  const port = asked ?? (await getPort({ host: LOOPBACK, reserve: true }));
  const starts = startLocalNetlify({
    directory,
    host: LOOPBACK,
    port,
    stateDirectory: stateDirectory ?? (await mkdtemp(join(root, 'state-'))),
    timeoutSeconds: 10,
    environment: environmentWith({}),
  });
  return { port, url: `http://${LOOPBACK}:${port}`, starts };
}

describe('the functions of a site, on this machine', () => {
  it('run where their state is kept in a directory relative to the one they are started in', async () => {
    const stateDirectory = relative(process.cwd(), await mkdtemp(join(root, 'state-')));
    const { url, starts } = await starting(await built(), stateDirectory);
    const netlify = await starts;
    onTestFinished(() => netlify.close());
    expect(await (await fetch(`${url}/any?a=1`)).text()).toBe(`${url}/any?a=1`);
  });

  it('are asked for a path that looks like another host under their own', async () => {
    const { url, starts } = await starting(await built());
    const netlify = await starts;
    onTestFinished(() => netlify.close());
    expect(await ask(url, '//evil.example/mcp?a=1')).toEqual({ status: 200, body: `${url}//evil.example/mcp?a=1` });
    expect((await ask(url, 'http://evil.example/mcp')).status).toBe(400);
  });

  it('say which port they got for 0', async () => {
    const { starts } = await starting(await built(), undefined, 0);
    const netlify = await starts;
    onTestFinished(() => netlify.close());
    const url = `http://${LOOPBACK}:${netlify.port}/`;
    expect(await (await fetch(url)).text()).toBe(url);
  });

  it('leave their port and their state when they are closed', async () => {
    const stateDirectory = await mkdtemp(join(root, 'state-'));
    const { port, starts } = await starting(await built(), stateDirectory);
    await (await starts).close();
    await refuseBusyPort(port);
    await (await (await starting(await built(), stateDirectory)).starts).close();
  });

  it('do not start on the state of others that run, and say what to do', async () => {
    const stateDirectory = await mkdtemp(join(root, 'state-'));
    const netlify = await (await starting(await built(), stateDirectory)).starts;
    onTestFinished(() => netlify.close());
    const { starts } = await starting(await built(), stateDirectory);
    await expect(starts).rejects.toThrow(/state-\w+ is in use.*STATE_PATH=/);
  });

  it('do not start where nothing is built, and say how to build it', async () => {
    const { starts } = await starting(join(root, 'nothing'));
    await expect(starts).rejects.toThrow(/apps\/netlify is not built.*--filter @mcp-everywhere\/app-netlify build/);
  });

  it.each([{ name: '../out' }, { file: '../out.mjs' }, { file: 'in/../../out.mjs' }])(
    'write no file outside of their own directory: %o',
    async (outside) => {
      const { starts } = await starting(await built(outside));
      await expect(starts).rejects.toThrow(/a file outside of it|Invalid string/);
    },
  );

  it('leave their port, and whoever has asked meanwhile, where they do not start', async () => {
    const { port, url, starts } = await starting(await built(), join(await built(), 'manifest.json'));
    const failed = expect(starts).rejects.toThrow();
    const asked = expect(fetch(url)).rejects.toThrow();
    await failed;
    await asked;
    await refuseBusyPort(port);
  });
});
