import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { azureApp, builtAzure } from '../src/apps/azure.ts';
import { environmentWith } from '../src/apps/workspace.ts';
import { startLocalAzure } from '../src/azure/local-azure.ts';
import { messageOf, modern, post, sendRaw, type WireRequest } from '../src/clients/wire.ts';
import { LOOPBACK } from '../src/launch/port.ts';
import { type Site, startSite } from '../src/suite/site.ts';
import { suite } from '../src/suite/suite.ts';

suite(azureApp);

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
    return { azure, url, send: (request: WireRequest) => fetch(`${url}/mcp`, request) };
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
