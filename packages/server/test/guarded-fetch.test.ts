/// <reference types="node" />
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { socketNetwork } from '@mcp-everywhere/platform/network/sockets';
import { FetchRefused } from '@mcp-everywhere/tools';
import { afterEach, describe, expect, it } from 'vitest';
import { guardedFetch } from '../src/context/guarded-fetch.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A real server on loopback; `requests` counts what reached it. */
async function serve(listener: RequestListener, address = '127.0.0.1') {
  const site = { host: '', origin: '', requests: 0, connections: 0 };
  const server = createServer((request, response) => {
    site.requests += 1;
    listener(request, response);
  });
  server.on('connection', () => {
    site.connections += 1;
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  site.host = `${address}:${(server.address() as AddressInfo).port}`;
  site.origin = `http://${site.host}`;
  return site;
}

const local = (...hosts: string[]) => guardedFetch(nodeNetwork(), { hosts, allowPrivate: true });
/** As deployed: public addresses only. Names resolve to `addresses`. */
const guarded = (host: string, addresses: readonly string[] = []) =>
  guardedFetch(socketNetwork({ pinAddresses: true, resolve: async () => addresses }), {
    hosts: [host],
    allowPrivate: false,
  });

describe('what a URL may be', () => {
  it.each([
    ['ftp://example.org/', /only http: and https:/],
    ['file:///etc/passwd', /only http: and https:/],
    ['data:text/plain,x', /only http: and https:/],
    ['gopher://example.org/', /only http: and https:/],
    ['javascript:alert(1)', /only http: and https:/],
    ['http://user:secret@example.org/', /user name or password/],
    ['http://user@example.org/', /user name or password/],
    ['http://example.org@evil.test/', /user name or password/],
    ['/relative', /not a URL/],
    ['', /not a URL/],
    ['http://', /not a URL/],
  ])('refuses %s', async (url, reason) => {
    await expect(guarded('example.org')(url)).rejects.toThrow(reason);
    await expect(guarded('example.org')(url)).rejects.toBeInstanceOf(FetchRefused);
  });
});

describe('which hosts are allowed', () => {
  it.each([
    'http://other.org/',
    'http://example.org:8080/',
    'http://sub.example.org/',
    'http://example.org.evil.test/',
    'http://example.org%2eevil.test/',
    'http://evil.test/?example.org',
    'http://evil.test\\@example.org/',
    'http://example.org../',
    'http://eхample.org/', // a Cyrillic х
  ])('refuses %s where example.org is allowed, and says what is', async (url) => {
    await expect(guarded('example.org')(url)).rejects.toThrow(/not one of the hosts .*: example\.org\.$/);
  });

  it.each([
    ['example.org', 'http://EXAMPLE.org/'],
    ['example.org', 'https://example.org/'],
    ['example.org', 'http://example.org:443/'],
    ['example.org', 'http://example.org./'],
    ['Example.ORG.', 'http://example.org/'],
    ['example.org:8443', 'https://example.org:8443/'],
    ['example.org:80', 'http://example.org/'],
    ['bücher.example', 'http://xn--bcher-kva.example/'],
    ['xn--bcher-kva.example', 'http://BÜCHER.example/'],
  ])('with %s, lets %s pass to its addresses', async (host, url) => {
    await expect(guarded(host, ['10.0.0.1'])(url)).rejects.toThrow(/private address/);
  });

  it('takes a port given as meant: neither the other default port nor another', async () => {
    await expect(guarded('example.org:80', ['10.0.0.1'])('https://example.org/')).rejects.toThrow(
      /not one of the hosts/,
    );
  });

  it.each(['http://example.org', 'example.org/path', 'user@example.org', '', 'a b', '*.example.org/*'])(
    'is told at once that "%s" is not a host',
    (host) => {
      expect(() => guarded(host)).toThrow(TypeError);
    },
  );
});

/** Every one of these is a host that the tool declared: only the address stands against it. */
const PRIVATE_URLS = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://127.0.0.1./',
  'http://１２７.0.0.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.0.0.1/',
  'http://100.64.0.1/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.0.0.192/',
  'http://192.0.2.1/',
  'http://192.88.99.1/',
  'http://192.168.1.1/',
  'http://198.18.0.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:0:127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[64:ff9b:1::127.0.0.1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[100::1]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[4000::1]/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://app.localhost/',
  'http://printer.local/',
  'http://metadata.google.internal/',
  'http://router.home.arpa/',
];

describe('which addresses are public', () => {
  it.each(PRIVATE_URLS)('refuses %s', async (url) => {
    // A resolver that lies about names shows that these are refused without asking it.
    await expect(guarded(new URL(url).host, ['1.1.1.1'])(url)).rejects.toThrow(/is a private address or name/);
  });

  it.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:10.0.0.1']],
    [['fe80::1%eth0']],
    [['1.1.1.1', '192.168.0.1']],
    [['2606:4700::1111', 'fd00::1']],
    [['not an address']],
  ])('refuses a name that resolves to %j', async (addresses) => {
    await expect(guarded('example.org', addresses)('http://example.org/')).rejects.toThrow(/is a private address/);
  });

  it('does not tell the model which private address a name stands for', async () => {
    const refusal = guarded('example.org', ['10.1.2.3'])('http://example.org/');
    await expect(refusal).rejects.not.toThrow(/10\.1\.2\.3/);
  });

  it('asks the system for real names, and refuses what points to loopback', async () => {
    const site = await serve((_, response) => response.end());
    const url = `http://localhost:${site.host.split(':')[1]}/`;
    const refused = new FetchRefused('checked');
    const check = () => {
      throw refused;
    };
    const request = { url: new URL(url), method: 'GET', headers: new Headers() };
    await expect(nodeNetwork().fetch(request, check)).rejects.toBe(refused);
    expect(site.connections).toBe(0);
  });
});

describe('a name that changes its answer after the check', () => {
  const only = (allowed: string) => (address: string) => {
    if (address !== allowed) throw new FetchRefused(address);
  };
  const to = (url: string) => ({ url: new URL(url), method: 'GET', headers: new Headers() });

  it('is connected to the address that was checked: it is resolved once', async () => {
    const site = await serve((_, response) => response.end('the checked one'));
    const answers = [['127.0.0.1'], ['127.0.0.9'], ['127.0.0.9']];
    const network = socketNetwork({ pinAddresses: true, resolve: async () => answers.shift() ?? [] });
    const response = await network.fetch(to(`http://rebind.test:${site.host.split(':')[1]}/`), only('127.0.0.1'));
    expect(await response.text()).toBe('the checked one');
    expect(answers).toHaveLength(2);
  });

  it('gets not a byte where the runtime resolves again by itself: the peer is checked once connected', async () => {
    const site = await serve((_, response) => response.end());
    const network = socketNetwork({ pinAddresses: false, resolve: async () => ['192.0.2.1'] });
    const attempt = network.fetch(to(`http://localhost:${site.host.split(':')[1]}/`), only('192.0.2.1'));
    await expect(attempt).rejects.toBeInstanceOf(FetchRefused);
    expect(site.requests).toBe(0);
  });
});

describe('redirects', () => {
  const redirect =
    (status: number, location: string): RequestListener =>
    (_, response) => {
      response.writeHead(status, { location }).end();
    };

  it('are followed, and the response says where it ended', async () => {
    const site = await serve((request, response) => {
      if (request.url === '/end') response.end('here');
      else response.writeHead(302, { location: 'end' }).end();
    });
    const response = await local(site.host)(`${site.origin}/start#part`);
    expect([response.url, response.redirected, await response.text()]).toEqual([`${site.origin}/end`, true, 'here']);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/', /not one of the hosts/],
    ['//[::1]/', /not one of the hosts/],
    ['file:///etc/passwd', /only http: and https:/],
    ['http://user:secret@127.0.0.1/', /user name or password/],
    ['http://[', /not a URL/],
  ])('to %s are refused', async (location, reason) => {
    const site = await serve(redirect(302, location));
    await expect(local(site.host)(site.origin)).rejects.toThrow(reason);
    expect(site.requests).toBe(1);
  });

  it('to a private address are refused also where the host is declared', async () => {
    const checked: string[] = [];
    const network = {
      fetch: async ({ url }: { url: URL }, check?: (address: string) => void) => {
        checked.push(url.href);
        check?.(url.hostname === 'example.org' ? '1.1.1.1' : url.hostname);
        return Response.redirect('http://10.0.0.1/', 302);
      },
    };
    const fetch = guardedFetch(network, { hosts: ['example.org', '10.0.0.1'], allowPrivate: false });
    await expect(fetch('http://example.org/')).rejects.toThrow(/"10\.0\.0\.1" is a private address/);
    expect(checked).toEqual(['http://example.org/', 'http://10.0.0.1/']);
  });

  it('stop after five, as in a loop', async () => {
    const site = await serve(redirect(301, '/'));
    await expect(local(site.host)(site.origin)).rejects.toThrow(/More than 5 redirects/);
    expect(site.requests).toBe(6);
  });

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [302, 'PUT', 'PUT', 'body'],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
  ])('with %i make of a %s a %s', async (status, method, then, body) => {
    const site = await serve(async (request, response) => {
      if (request.url === '/') return redirect(status, '/next')(request, response);
      const body = await text(request);
      response.end(`${request.method} ${body} ${request.headers['content-type'] ?? 'none'}`);
    });
    const response = await local(site.host)(site.origin, {
      method,
      body: 'body',
      headers: { 'content-type': 'text/x' },
    });
    expect(await response.text()).toBe(`${then} ${body} ${body ? 'text/x' : 'none'}`);
  });

  it('take credentials along on the same origin, and leave them behind on the way to another', async () => {
    const echo: RequestListener = ({ headers }, response) => {
      response.end(`${headers.authorization} ${headers.cookie} ${headers['x-mark']}`);
    };
    const other = await serve(echo);
    const site = await serve((request, response) => {
      if (request.url === '/same') return redirect(302, '/echo')(request, response);
      if (request.url === '/away') return redirect(302, other.origin)(request, response);
      echo(request, response);
    });
    const fetch = local(site.host, other.host);
    const headers = { authorization: 'Bearer a', cookie: 'b=c', 'x-mark': 'd' };
    expect(await (await fetch(`${site.origin}/same`, { headers })).text()).toBe('Bearer a b=c d');
    expect(await (await fetch(`${site.origin}/away`, { headers })).text()).toBe('undefined undefined d');
  });

  it('are handed over with redirect "manual", and refused with "error"', async () => {
    const site = await serve(redirect(302, '/next'));
    expect((await local(site.host)(site.origin, { redirect: 'manual' })).status).toBe(302);
    await expect(local(site.host)(site.origin, { redirect: 'error' })).rejects.toThrow(/answered with a redirect/);
  });
});

describe('a request and its response', () => {
  it('pass as with fetch: method, headers, body, status, several cookies', async () => {
    const site = await serve(async (request, response) => {
      const body = await text(request);
      response.writeHead(201, 'Made', { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' });
      response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
    });
    const response = await local(site.host)(`${site.origin}/p?q=1`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'é' }),
    });
    expect([response.status, response.statusText, response.ok]).toEqual([201, 'Made', true]);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('POST /p?q=1 application/x-www-form-urlencoded;charset=UTF-8 a=%C3%A9');
  });

  it('are decompressed', async () => {
    const site = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'));
    });
    expect(await (await local(site.host)(site.origin)).text()).toBe('small');
  });

  it('may have no body', async () => {
    const site = await serve((_, response) => response.writeHead(204).end());
    expect((await local(site.host)(site.origin)).body).toBeNull();
    expect((await local(site.host)(site.origin, { method: 'HEAD' })).body).toBeNull();
  });

  it('carry the host that was checked, whatever Host header the tool sets', async () => {
    const site = await serve((request, response) => response.end(request.headers.host));
    const response = await local(site.host)(site.origin, { headers: { host: 'other.test', 'content-length': '99' } });
    expect(await response.text()).toBe(site.host);
  });
});

describe('a failure', () => {
  it('to connect becomes a refusal in plain words', async () => {
    const site = await serve(() => {});
    servers.pop()?.close();
    const failure = local(site.host)(site.origin);
    await expect(failure).rejects.toBeInstanceOf(FetchRefused);
    await expect(failure).rejects.toThrow(`"${site.host}" could not be fetched: the connection was refused.`);
  });

  it('to resolve becomes a refusal', async () => {
    const fetch = local('no-such-name.invalid');
    await expect(fetch('http://no-such-name.invalid/')).rejects.toThrow(
      /could not be fetched: its name could not be resolved/,
    );
  });

  it('of the server becomes a refusal', async () => {
    const site = await serve((request) => request.socket.destroy());
    await expect(local(site.host)(site.origin)).rejects.toThrow(/the connection was closed before a response came/);
  });

  it('to speak TLS becomes a refusal', async () => {
    const site = await serve(() => {});
    await expect(local(site.host)(`https://${site.host}/`)).rejects.toThrow(/could not be fetched: its TLS/);
  });

  it('by abort stays what the signal says', async () => {
    const site = await serve(() => {});
    await expect(local(site.host)(site.origin, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    await expect(local(site.host)(site.origin, { signal: AbortSignal.timeout(20) })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );
  });

  it('by abort in the middle of a body ends the body', async () => {
    const site = await serve((_, response) => void response.writeHead(200).write('first'));
    const abort = new AbortController();
    const response = await local(site.host)(site.origin, { signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    await expect(reader?.read()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});
