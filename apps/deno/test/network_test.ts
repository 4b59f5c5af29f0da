import assert from 'node:assert/strict';
import { denoNetwork } from '@mcp-everywhere/platform/network/deno';
import { socketNetwork } from '@mcp-everywhere/platform/network/sockets';

let requests = 0;

/** Runs a case against a real server on loopback. */
function withSite(run: (get: (host: string) => { url: URL; method: string; headers: Headers }) => Promise<void>) {
  return async () => {
    const site = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: () => {} }, (request) => {
      requests += 1;
      return new Response(`${request.method} ${new URL(request.url).hostname}`);
    });
    const url = (host: string) => new URL(`http://${host}:${site.addr.port}/`);
    try {
      await run((host) => ({ url: url(host), method: 'GET', headers: new Headers() }));
    } finally {
      await site.shutdown();
    }
  };
}

const only = (allowed: string) => (address: string) => {
  if (address !== allowed) throw new RangeError(address);
};

Deno.test(
  'a request goes out and its response comes back',
  withSite(async (get) => {
    const response = await denoNetwork().fetch(get('localhost'), only('127.0.0.1'));
    assert.equal(await response.text(), 'GET localhost');
  }),
);

Deno.test(
  'a name is refused before the connection where the check refuses its address',
  withSite(async (get) => {
    const before = requests;
    await assert.rejects(denoNetwork().fetch(get('localhost'), only('192.0.2.1')), RangeError);
    assert.equal(requests, before);
  }),
);

Deno.test(
  'a name that changes its answer gets not a byte: the peer is checked once connected',
  withSite(async (get) => {
    const before = requests;
    const network = socketNetwork({ pinAddresses: false, resolve: async () => ['192.0.2.1'] });
    await assert.rejects(network.fetch(get('localhost'), only('192.0.2.1')), RangeError);
    assert.equal(requests, before);
  }),
);

Deno.test(
  'an abort is the reason given',
  withSite(async (get) => {
    const aborted = { ...get('127.0.0.1'), signal: AbortSignal.abort() };
    await assert.rejects(denoNetwork().fetch(aborted), { name: 'AbortError' });
  }),
);

Deno.test('a refused connection says so', async () => {
  const closed = { url: new URL('http://127.0.0.1:1/'), method: 'GET', headers: new Headers() };
  await assert.rejects(denoNetwork().fetch(closed), { message: 'the connection was refused' });
});
