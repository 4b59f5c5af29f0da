import { cloudflareNetwork } from '@mcp-everywhere/platform/network/cloudflare';
import { expect, it } from 'vitest';

const get = (url: string) => ({ url: new URL(url), method: 'GET', headers: new Headers() });
const refuse = (address: string) => {
  throw new RangeError(address);
};

it.each([
  ['http://127.0.0.1/', '127.0.0.1'],
  ['http://0x7f000001/', '127.0.0.1'],
  ['http://[::1]/', '::1'],
])('checks %s without resolving it', async (url, address) => {
  await expect(cloudflareNetwork().fetch(get(url), refuse)).rejects.toThrow(new RangeError(address));
});

it('sends no request where names cannot be resolved, and says why', async () => {
  const offline = cloudflareNetwork('http://127.0.0.1:1/dns-query');
  await expect(offline.fetch(get('http://example.org/'), () => {})).rejects.toThrow(
    'its name could not be resolved: 127.0.0.1:1 did not answer (offline?)',
  );
});

it('says that a connection failed', async () => {
  await expect(cloudflareNetwork().fetch(get('http://127.0.0.1:1/'), () => {})).rejects.toThrow(
    'the connection failed',
  );
});

it('gives an abort the reason of the signal', async () => {
  const aborted = { ...get('http://127.0.0.1:1/'), signal: AbortSignal.abort() };
  await expect(cloudflareNetwork().fetch(aborted)).rejects.toMatchObject({ name: 'AbortError' });
});
