import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { netlifyBlobsStore } from '@mcp-everywhere/platform/state/netlify-blobs';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { startNetlifyBlobs } from '../../src/engines/netlify-blobs.ts';
import { describeRemoteStore } from './remote-store.ts';
import { answeringServer } from './stand-ins.ts';

const directory = await mkdtemp(join(tmpdir(), 'blobs-'));
afterAll(() => rm(directory, { recursive: true }));

describe('netlify-blobs on its local server, by the edge as in a function', () => {
  describeRemoteStore({
    kind: 'netlify-blobs',
    start: () => startNetlifyBlobs(join(directory, 'edge')),
    open: ({ siteID, token }, url) =>
      netlifyBlobsStore({ name: 'state', siteID, token, edgeURL: url, uncachedEdgeURL: url }),
    secretOf: ({ token }) => token,
  });
});

describe('netlify-blobs on its local server, by the API as from elsewhere', () => {
  describeRemoteStore({
    kind: 'netlify-blobs',
    start: () => startNetlifyBlobs(join(directory, 'api')),
    open: ({ siteID, token }, apiURL) => netlifyBlobsStore({ name: 'state', siteID, token, apiURL }),
    secretOf: ({ token }) => token,
  });
});

describe('the local server', () => {
  it('goes on after a client that leaves in the middle of a body', async () => {
    const blobs = await startNetlifyBlobs(join(directory, 'aborted'));
    onTestFinished(() => blobs.stop());
    const { siteID, token, url } = blobs;
    const address = `${url}/${siteID}/site:state/key`;
    const headers = { authorization: `Bearer ${token}` };
    const client = connect(Number(new URL(url).port), new URL(url).hostname);
    const begun = `PUT ${new URL(address).pathname} HTTP/1.1\r\nhost: local\r\ncontent-length: 100\r\n\r\nabc`;
    client.write(begun, () => client.destroy());
    await once(client, 'close');
    expect((await fetch(address, { method: 'PUT', headers, body: 'whole' })).status).toBe(200);
    expect(await (await fetch(address, { headers })).text()).toBe('whole');
  });
});

describe('netlify-blobs', () => {
  const open = (url: string) =>
    netlifyBlobsStore({ name: 'state', siteID: 'site', token: 'token', edgeURL: url, uncachedEdgeURL: url });

  it.each([400, 403, 404, 500])('never takes status %i for a conditional write that won', async (status) => {
    const store = open(await answeringServer((_request, response) => response.writeHead(status).end()));
    await expect(store.compareAndSet('key', 'absent', 'value', 60)).rejects.toThrow(StoreUnavailable);
  });

  it('refuses a value without an ETag, which it could not replace safely', async () => {
    const blob = `${Date.now() + 60_000}\nversion\nvalue`;
    const store = open(await answeringServer((_request, response) => response.end(blob)));
    await expect(store.read('key')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('gave no ETag') },
    });
  });

  it('never builds on a write that was answered without an ETag', async () => {
    const methods: (string | undefined)[] = [];
    const server = await answeringServer(({ method }, response) => {
      methods.push(method);
      response.end();
    });
    const store = open(server);
    const written = await store.compareAndSet('key', 'absent', 'first', 60);
    expect(written).toBeDefined();
    expect(await store.compareAndSet('key', written ?? 'absent', 'second', 60)).toBeUndefined();
    expect(methods).toEqual(['PUT']);
  });
});
