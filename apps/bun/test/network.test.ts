import { afterAll, expect, test } from 'bun:test';
import { bunNetwork } from '@mcp-everywhere/platform/network/bun';
import { socketNetwork } from '@mcp-everywhere/platform/network/sockets';

let requests = 0;
const site = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request) {
    requests += 1;
    const body = Bun.gzipSync(`${request.method} ${request.headers.get('host')}`);
    return new Response(body, { headers: { 'content-encoding': 'gzip' } });
  },
});
afterAll(() => site.stop(true));

const get = (host: string) => ({ url: new URL(`http://${host}:${site.port}/`), method: 'GET', headers: new Headers() });
const only = (allowed: string) => (address: string) => {
  if (address !== allowed) throw new RangeError(address);
};

test('a request goes out and its response comes back, decompressed', async () => {
  const response = await bunNetwork().fetch(get('127.0.0.1'), only('127.0.0.1'));
  expect(await response.text()).toBe(`GET 127.0.0.1:${site.port}`);
});

test('a name is refused before the connection where the check refuses its address', async () => {
  const before = requests;
  await expect(bunNetwork().fetch(get('localhost'), only('192.0.2.1'))).rejects.toThrow(RangeError);
  expect(requests).toBe(before);
});

test('a name that changes its answer is connected to the address that was checked', async () => {
  const answers = [['127.0.0.1'], ['127.0.0.9']];
  const network = socketNetwork({ pinAddresses: true, resolve: async () => answers.shift() ?? [] });
  const response = await network.fetch(get('rebind.test'), only('127.0.0.1'));
  expect(await response.text()).toBe(`GET rebind.test:${site.port}`);
  expect(answers).toHaveLength(1);
});

test('without a check, any address will do', async () => {
  expect((await bunNetwork().fetch(get('localhost'))).status).toBe(200);
});

test('an abort is the reason given', async () => {
  const aborted = { ...get('127.0.0.1'), signal: AbortSignal.abort() };
  await expect(bunNetwork().fetch(aborted)).rejects.toMatchObject({ name: 'AbortError' });
});

test('a refused connection says so', async () => {
  const closed = { ...get('127.0.0.1'), url: new URL('http://127.0.0.1:1/') };
  await expect(bunNetwork().fetch(closed)).rejects.toThrow('the connection was refused');
});
