import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { cloudflareNetwork } from '../src/network/cloudflare.ts';

// Runs on Node: what is tested is how DNS answers are read, and workerd reaches no resolver offline.

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string) => ({ url: new URL(url), method: 'GET', headers: new Headers() });

/** A resolver that speaks DNS over HTTPS as JSON, the format of cloudflare-dns.com. */
const resolver = (answers: Record<string, readonly { type: number; data: string }[]>) =>
  serve((request, response) => {
    const query = new URL(request.url ?? '', 'http://resolver').searchParams;
    response.end(JSON.stringify({ Status: 0, Answer: answers[query.get('type') ?? ''] }));
  });

it('checks every address of a name, and not the aliases on the way to them', async () => {
  const dns = await resolver({
    A: [
      { type: 5, data: 'alias.example.' },
      { type: 1, data: '192.0.2.1' },
      { type: 1, data: '192.0.2.2' },
    ],
    AAAA: [{ type: 28, data: '2001:db8::1' }],
  });
  const checked: string[] = [];
  const check = (address: string) => {
    checked.push(address);
    if (checked.length === 3) throw new RangeError('enough');
  };
  await expect(cloudflareNetwork(dns).fetch(get('http://example.org/'), check)).rejects.toThrow('enough');
  expect(checked).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
});

it('says that a name has no address', async () => {
  const dns = await resolver({});
  await expect(cloudflareNetwork(dns).fetch(get('http://example.org/'), () => {})).rejects.toThrow(
    'its name could not be resolved',
  );
});

it('hands over a redirect instead of following it', async () => {
  const site = await serve((_, response) => response.writeHead(302, { location: '/next' }).end());
  expect((await cloudflareNetwork('http://unused.invalid').fetch(get(site))).status).toBe(302);
});
