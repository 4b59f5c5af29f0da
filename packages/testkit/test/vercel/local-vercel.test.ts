import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QueueClient } from '@vercel/queue';
import getPort from 'get-port';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { environmentWith } from '../../src/apps/workspace.ts';
import { LOOPBACK, refuseBusyPort } from '../../src/launch/port.ts';
import { readBuildOutput } from '../../src/vercel/build-output.ts';
import { localFunction } from '../../src/vercel/local-function.ts';
import { startLocalVercel } from '../../src/vercel/local-vercel.ts';
import { proxyOf } from '../../src/vercel/proxy.ts';
import { destinationOf } from '../../src/vercel/routing.ts';
import { ask } from '../http/ask.ts';

const output = await readBuildOutput(fileURLToPath(new URL('output', import.meta.url)));
const echo = z.object({
  pid: z.number(),
  cancelled: z.number(),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** Serves the functions beside this file. */
async function served() {
  const functions = new Map(
    [...output.functions.values()].map((built) => [built, localFunction(built, environmentWith({}))]),
  );
  const server = proxyOf({
    destinationOf: (pathname) => destinationOf(output, pathname),
    oidcToken: 'oidc-token',
    async running(built) {
      const found = functions.get(built);
      if (found === undefined) throw new Error('There is no such function');
      return found;
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    for (const one of functions.values()) await one.kill();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const get = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init);
  return {
    url,
    get,
    echoed: async (path: string, init?: RequestInit) => echo.parse(await (await get(path, init)).json()),
    renew: () => functions.forEach((one) => void one.renew()),
  };
}

/** Runs the functions beside this file as an app, with its queues, in a directory of its own. */
async function running() {
  const home = await mkdtemp(join(tmpdir(), 'local-vercel-'));
  const words = join(home, 'words');
  const start = () =>
    startLocalVercel({
      directory: fileURLToPath(new URL('output', import.meta.url)),
      host: LOOPBACK,
      port: 0,
      stateDirectory: join(home, 'state'),
      environment: environmentWith({ WORDS_FILE: words }),
    });
  let vercel = await start();
  onTestFinished(async () => {
    await vercel.close();
    await rm(home, { recursive: true });
  });
  const client = async () => {
    const answer = await fetch(`http://${LOOPBACK}:${vercel.port}/`);
    const token = echo.parse(await answer.json()).headers['x-vercel-oidc-token'] ?? '';
    const { url } = vercel.queues;
    return new QueueClient({ region: 'dev1', deploymentId: 'dpl_1', token, resolveBaseUrl: () => new URL(url) });
  };
  return {
    url: `http://${LOOPBACK}:${vercel.port}`,
    queues: vercel.queues,
    client,
    /** What the function has been given, each with how often. */
    given: async () => (await readFile(words, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    async restart() {
      await vercel.close();
      vercel = await start();
    },
  };
}

const errorOf = (response: Response) => [response.status, response.headers.get('x-vercel-error')];

describe('the app', () => {
  it('leaves its port, and whoever has asked meanwhile, where it does not start', async () => {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const directory = fileURLToPath(new URL('output', import.meta.url));
    const stateDirectory = join(directory, 'config.json');
    const starts = startLocalVercel({ directory, host: LOOPBACK, port, stateDirectory, environment: {} });
    const failed = expect(starts).rejects.toThrow('config.json');
    const asked = expect(fetch(`http://${LOOPBACK}:${port}`)).rejects.toThrow();
    await failed;
    await asked;
    await refuseBusyPort(port);
  });
});

describe('a build output', () => {
  const copied = async (): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), 'local-vercel-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await cp(fileURLToPath(new URL('output', import.meta.url)), directory, { recursive: true });
    return directory;
  };

  it('that is not there is to be built, in words', async () => {
    const directory = join(await copied(), 'nothing');
    const message = /apps\/vercel is not built.*--filter @mcp-everywhere\/app-vercel build/;
    await expect(readBuildOutput(directory)).rejects.toThrow(message);
  });

  it('with static files, or a setting that is not emulated, is refused', async () => {
    const directory = await copied();
    await mkdir(join(directory, 'static'));
    await readBuildOutput(directory);
    await writeFile(join(directory, 'static/robots.txt'), '');
    await expect(readBuildOutput(directory)).rejects.toThrow('static has files in it');
    const other = await copied();
    const settings = { handler: 'index.mjs', runtime: 'nodejs24.x', launcherType: 'Nodejs', regions: ['fra1'] };
    await writeFile(join(other, 'functions/deaf.func/.vc-config.json'), JSON.stringify(settings));
    await expect(readBuildOutput(other)).rejects.toThrow('regions');
  });
});

describe('a request', () => {
  it('reaches the function it is rewritten to as it was asked', async () => {
    const { echoed, url } = await served();
    const body = Uint8Array.of(0, 255, 128, 10);
    const got = await echoed('/any/path?a=1&a=%20', { method: 'POST', body, headers: { 'x-own': 'value' } });
    expect(got).toMatchObject({ method: 'POST', url: `${url}/any/path?a=1&a=%20`, body: '00ff800a' });
    expect(got.headers).toMatchObject({ 'x-own': 'value', host: new URL(url).host, 'content-length': '4' });
  });

  it('for a path that looks like another host stays on its own', async () => {
    const { url } = await served();
    const { status, body } = await ask(url, '//evil.example/mcp?a=1');
    expect([status, echo.parse(JSON.parse(body)).url]).toEqual([200, `${url}//evil.example/mcp?a=1`]);
    expect((await ask(url, 'http://evil.example/mcp')).status).toBe(400);
  });

  it('says where it comes from, whatever the client says', async () => {
    const { echoed, url } = await served();
    const headers = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '203.0.113.7',
    };
    expect((await echoed('/', { headers })).headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(url).host,
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
      'x-vercel-id': expect.stringMatching(/^dev1::/),
    });
  });

  it('is answered with the headers of the function, each cookie by itself, and with those of Vercel', async () => {
    const { headers } = await (await served()).get('/');
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=0, must-revalidate',
      server: 'Vercel',
    });
  });

  it('is refused where a route says so, where its body is too large, and where the function serves no such method', async () => {
    const { get, echoed } = await served();
    expect(errorOf(await get('/gone'))).toEqual([404, 'NOT_FOUND']);
    expect(errorOf(await get('/', { method: 'POST', body: 'x'.repeat(4_500_001) }))).toEqual([
      413,
      'FUNCTION_PAYLOAD_TOO_LARGE',
    ]);
    expect((await echoed('/', { method: 'POST', body: 'x'.repeat(4_500_000) })).body).toHaveLength(9_000_000);
    expect((await get('/deaf', { method: 'POST' })).status).toBe(405);
  });
});

describe('a function', () => {
  it('serves many requests at once, in one process', async () => {
    const { echoed } = await served();
    const all = await Promise.all(['', '?do=slow', '?do=slow', ''].map((query) => echoed(`/${query}`)));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
  });

  it('sends status, headers and what it has written before it has written all', async () => {
    const { status, body } = await (await served()).get('/?do=stream');
    const chunks = [];
    for await (const chunk of body ?? []) chunks.push(Buffer.from(chunk).toString());
    expect([status, chunks]).toEqual([201, ['first', 'last']]);
  });

  it('fails a request in which it throws, and goes on', async () => {
    const { echoed, get } = await served();
    const { pid } = await echoed('/');
    expect(errorOf(await get('/?do=throw'))).toEqual([500, 'FUNCTION_INVOCATION_FAILED']);
    await expect((await get('/?do=throw+later')).text()).rejects.toThrow();
    expect((await echoed('/')).pid).toBe(pid);
  });

  it('fails a request in which it ends, and starts again', async () => {
    const { echoed, get } = await served();
    const { pid } = await echoed('/');
    expect(errorOf(await get('/?do=exit'))).toEqual([500, 'FUNCTION_INVOCATION_FAILED']);
    expect((await echoed('/')).pid).not.toBe(pid);
  });

  it('fails each request where it does not start', async () => {
    const { get } = await served();
    for (let call = 0; call < 2; call += 1) {
      expect(errorOf(await get('/broken'))).toEqual([500, 'FUNCTION_INVOCATION_FAILED']);
    }
  });

  it('that has no directory, as between two builds, is not started, and is where there is one', async () => {
    const built = output.functions.get('api/index');
    if (built === undefined) throw new Error('There is no such function');
    const parent = await mkdtemp(join(tmpdir(), 'local-vercel-'));
    const directory = join(parent, 'index.func');
    const running = localFunction({ ...built, directory }, environmentWith({}));
    onTestFinished(async () => {
      await running.kill();
      await rm(parent, { recursive: true });
    });
    expect(await running.instance()).toBeUndefined();
    running.renew();
    await cp(built.directory, directory, { recursive: true });
    expect(await running.instance()).toBeDefined();
  });

  it('is killed when its maxDuration is over, and the next request gets a fresh one', async () => {
    const { echoed, get } = await served();
    const { pid } = await echoed('/');
    expect(errorOf(await get('/?do=hang'))).toEqual([504, 'FUNCTION_INVOCATION_TIMEOUT']);
    const late = await get('/?do=hang+later');
    expect(late.status).toBe(200);
    await expect(late.text()).rejects.toThrow();
    expect((await echoed('/')).pid).not.toBe(pid);
  });

  it('learns that its client has left where it supports cancellation, and not where it does not', async () => {
    const { echoed, get } = await served();
    for (const path of ['/', '/deaf']) {
      const { body } = await get(`${path}?do=stream+until+the+client+leaves`);
      await body?.cancel();
    }
    await expect.poll(async () => (await echoed('/')).cancelled).toBe(1);
    expect((await echoed('/deaf')).cancelled).toBe(0);
  });

  it('runs anew once it is renewed, when it has served what it had', async () => {
    const { echoed, renew } = await served();
    const { pid } = await echoed('/');
    const slow = echoed('/?do=slow');
    await echoed('/');
    renew();
    expect((await echoed('/')).pid).not.toBe(pid);
    expect((await slow).pid).toBe(pid);
  });
});

describe('a message', () => {
  const WITHIN = { timeout: 10_000 };

  it('is pushed to the function whose trigger has its topic, which nobody else reaches', async () => {
    const { client, given, url } = await running();
    await (await client()).send('words', 'serve');
    await expect.poll(given, WITHIN).toEqual(['serve 1']);
    expect(echo.parse(await (await fetch(`${url}/api/queued`)).json())).toMatchObject({ method: 'GET' });
  });

  it.each([
    ['ends', 'exit'],
    ['takes longer than its maxDuration', 'hang'],
  ])('is pushed again where the function %s', async (_what, word) => {
    const { client, given } = await running();
    await (await client()).send('words', word);
    await expect.poll(given, WITHIN).toEqual([`${word} 1`, `${word} 2`]);
  });

  it('that waits for its delay is there after a restart, and one that was with the function too', async () => {
    const { client, given, restart } = await running();
    const { send } = await client();
    await send('words', 'hang');
    await expect.poll(given, WITHIN).toEqual(['hang 1']);
    await send('words', 'serve', { delaySeconds: 2 });
    await restart();
    await expect.poll(async () => (await given()).sort(), WITHIN).toEqual(['hang 1', 'hang 2', 'serve 1']);
  });

  it('is refused from whoever has no token, and where its delay is longer than it is kept', async () => {
    const { client, queues } = await running();
    const body = JSON.stringify('serve');
    const sent = await fetch(`${queues.url}/api/v3/topic/words`, { method: 'POST', body });
    expect(sent.status).toBe(401);
    const late = (await client()).send('words', 'serve', { retentionSeconds: 60, delaySeconds: 61 });
    await expect(late).rejects.toThrow('The delay is longer');
  });
});
