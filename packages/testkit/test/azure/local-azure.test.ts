import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { environmentWith } from '../../src/apps/workspace.ts';
import { type LocalAzure, startLocalAzure } from '../../src/azure/local-azure.ts';
import { LOOPBACK } from '../../src/launch/port.ts';

const APP = fileURLToPath(new URL('./app', import.meta.url));
const KEY = 'k-1';

async function start(directory = APP, environment: Record<string, string> = {}) {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const azure = await startLocalAzure({
    directory,
    host: LOOPBACK,
    port,
    stateDirectory: 'none is used',
    // The app keeps nothing.
    environment: environmentWith({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...environment }),
    masterKey: KEY,
  });
  return { azure, url: `http://${LOOPBACK}:${port}/api` };
}

/** What `fetch` does not let one say. */
function send(url: string, headers: string[]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { headers }).once('response', resolve).once('error', reject).end();
  });
}

describe('a function app on this machine', () => {
  let azure: LocalAzure;
  let url: string;
  beforeAll(async () => {
    ({ azure, url } = await start());
  });
  afterAll(() => azure.close());

  const statusOf = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).status;
  const jsonOf = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).json();

  it('gives a function the request as the client sent it, by the name the client used', async () => {
    const body = Uint8Array.of(0x1f, 0x8b, 0, 0xff);
    expect(await jsonOf('/echo/a%20b/c?q=1&q=2', { method: 'POST', body })).toMatchObject({
      url: `${url}/echo/a%20b/c?q=1&q=2`,
      method: 'POST',
      headers: { host: new URL(url).host, 'content-length': '4' },
      params: { rest: 'a b/c' },
      body: '1f8b00ff',
    });
  });

  it('gives it a body that is not there as an empty one', async () => {
    expect(await jsonOf('/echo/', { method: 'POST' })).toMatchObject({ body: '' });
    expect(await jsonOf('/echo')).toMatchObject({ method: 'GET', body: '' });
  });

  it('joins the values of a header that came twice', async () => {
    const raw = ['Host', 'x', 'X-Many', 'a', 'x-many', 'b'];
    expect(JSON.parse(await text(await send(`${url}/echo`, raw)))).toMatchObject({ headers: { 'x-many': 'a,b' } });
  });

  it('takes the public name and the protocol from what the front end says of them', async () => {
    const raw = ['Host', 'internal', 'Disguised-Host', 'mcp.example.com', 'X-Forwarded-Proto', 'https'];
    expect(JSON.parse(await text(await send(`${url}/echo`, raw)))).toMatchObject({
      url: 'https://mcp.example.com/api/echo',
      headers: { host: 'mcp.example.com' },
    });
  });

  it('refuses a header that is not UTF-8, and fails with one that no `Request` takes', async () => {
    const sent = (value: string) => send(`${url}/echo`, ['Host', 'x', 'X-Odd', value]);
    expect((await sent('\xff')).statusCode).toBe(400);
    expect((await sent(Buffer.from('漢').toString('latin1'))).statusCode).toBe(500);
  });

  it('tells it of the invocation', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const response = await fetch(`${url}/echo`, { headers: { traceparent } });
    const { invocationId, functionName, traceParent } = await response.json();
    expect({ functionName, traceParent }).toEqual({ functionName: 'echo', traceParent: traceparent });
    expect(response.headers.get('x-ms-invocation-id')).toBe(invocationId);
  });

  it('runs the hooks around it', async () => {
    const response = await fetch(`${url}/echo`);
    expect(response.headers.get('x-hooks')).toBe('before, after');
    expect(await response.json()).toMatchObject({ more: 'from the hook' });
  });

  it('finds it by prefix, route, constraint and method, or nothing', async () => {
    expect(await jsonOf('/items/7')).toEqual({ id: '7' });
    expect(await jsonOf('/ITEMS/7/Cover')).toEqual({ id: '7', part: 'Cover' });
    expect(await jsonOf('/unrouted')).toBe('unrouted');
    expect(await statusOf('/items/seven')).toBe(404);
    expect(await statusOf('/items/7/8')).toBe(404);
    expect(await statusOf('/items/7', { method: 'POST' })).toBe(404);
    expect((await fetch(new URL('/unrouted', url))).status).toBe(404);
  });

  it('refuses a function that is not anonymous with 401, unless the key opens it', async () => {
    for (const path of ['/guarded', '/administered']) {
      expect(await statusOf(path)).toBe(401);
      expect(await statusOf(path, { headers: { 'x-functions-key': 'k-2' } })).toBe(401);
      expect(await statusOf(path, { headers: { 'x-functions-key': KEY } })).toBe(200);
      expect(await statusOf(`${path}?code=${KEY}`)).toBe(200);
    }
  });

  it('sends what it streams as it is written', async () => {
    const response = await fetch(`${url}/stream`);
    expect(response.status).toBe(201);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: 'first' });
    await fetch(`${url}/release`, { method: 'POST' });
    expect(await reader?.read()).toEqual({ done: false, value: 'last' });
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it('answers 500 and no more where it throws', async () => {
    const response = await fetch(`${url}/throws`);
    expect([response.status, await response.text()]).toEqual([500, '']);
  });

  it('starts a new worker where the last one has ended', async () => {
    const { pid } = await jsonOf('/echo');
    expect(await statusOf('/exits')).toBe(500);
    expect((await jsonOf('/echo')).pid).not.toBe(pid);
  });
});

it('kills the worker when the time of a function is over, whatever else it is doing', async () => {
  const { azure, url } = await start(APP, { AzureFunctionsJobHost__functionTimeout: '00:00:01' });
  onTestFinished(() => azure.close());
  const first = fetch(`${url}/hangs`);
  const { pid } = await (await fetch(`${url}/echo`)).json();
  expect((await first).status).toBe(500);
  expect((await (await fetch(`${url}/echo`)).json()).pid).not.toBe(pid);
});

it('lets the app do what it wants done at its end', async () => {
  const directory = await temporaryDirectory();
  const TERMINATED = join(directory, 'terminated');
  const { azure } = await start(APP, { TERMINATED });
  await azure.drain();
  await azure.close();
  expect(existsSync(TERMINATED)).toBe(true);
});

it('ends with a function that does not', async () => {
  const { azure, url } = await start();
  const hanging = fetch(`${url}/hangs`).catch((error: Error) => error);
  await fetch(`${url}/echo`);
  await azure.close();
  expect(await hanging).toBeInstanceOf(Error);
});

it('serves the app as it is after a change, and says so where that cannot be loaded', async () => {
  // Inside of the package, so that the copy finds the library.
  const directory = await mkdtemp(join(APP, '../changed-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await cp(APP, directory, { recursive: true });
  const { azure, url } = await start(directory);
  onTestFinished(() => azure.close());
  const main = (code: string) =>
    writeFile(join(directory, 'main.mjs'), `import { app } from '@azure/functions';${code}`);

  await main(`app.setup({ enableHttpStream: true });
    app.http('echo', { methods: ['GET'], handler: () => ({ body: 'changed' }) });`);
  azure.renew();
  expect(await (await fetch(`${url}/echo`)).text()).toBe('changed');

  await main('nothing.works;');
  azure.renew();
  const response = await fetch(`${url}/echo`);
  expect([response.status, await response.text()]).toEqual([503, 'Function host is not running.']);
});

it.each([
  [
    'an app that does not stream',
    "import { app } from '@azure/functions'; app.get('a', () => ({}));",
    /does not stream/,
  ],
  [
    'a trigger that names a connection which is not set',
    `import { app } from '@azure/functions';
    app.setup({ enableHttpStream: true });
    app.storageQueue('a', { connection: 'Elsewhere', queueName: 'work', handler: () => {} });`,
    /"a" names a connection that is not set: Elsewhere/,
  ],
  [
    'an app with a trigger of another kind',
    `import { app } from '@azure/functions';
    app.setup({ enableHttpStream: true });
    app.timer('a', { schedule: '0 * * * * *', handler: () => {} });`,
    /"a" has neither an HTTP nor a queue trigger/,
  ],
  ['an app that breaks off', 'throw new Error("broken");', /unable to load entry point "main\.mjs": broken/],
])('refuses to start with %s', async (_what, code, message) => {
  const directory = await mkdtemp(join(APP, '../refused-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await cp(APP, directory, { recursive: true });
  await writeFile(join(directory, 'main.mjs'), code);
  await expect(start(directory)).rejects.toThrow(message);
});

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-azure-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
