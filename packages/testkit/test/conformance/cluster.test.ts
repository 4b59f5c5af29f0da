import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { legacy, sendRaw } from '../../src/clients/wire.ts';
import { oneRequestEach } from '../../src/conformance/cluster/one-request-each.ts';
import { type RunningProxy, startProxy, type Turn } from '../../src/conformance/cluster/proxy.ts';
import { roundRobin } from '../../src/conformance/cluster/round-robin.ts';
import { close } from '../../src/engines/listen.ts';
import { listeningPort } from '../../src/launch/listening-port.ts';
import { LOOPBACK } from '../../src/launch/port.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end();
});

async function instance(answer: RequestListener): Promise<{ readonly port: number }> {
  const server = createServer(answer);
  const port = await listeningPort(server, LOOPBACK, 0);
  opened.push(() => close(server));
  return { port };
}

async function proxyTo(next: () => Promise<Turn>): Promise<RunningProxy> {
  const proxy = await startProxy(next);
  opened.push(proxy.close);
  return proxy;
}

const saying = (name: string) => instance((_, response) => response.end(name));

describe('the proxy in front of several instances', () => {
  it('gives each request to the next of them, whoever sends it', async () => {
    const { url } = await proxyTo(roundRobin([await saying('one'), await saying('two'), await saying('three')]));
    const answers: string[] = [];
    for (let request = 0; request < 6; request++) answers.push(await (await fetch(url)).text());
    expect(answers).toEqual(['one', 'two', 'three', 'one', 'two', 'three']);
  });

  it('hands on method, path, headers and body, and the Host that the client named', async () => {
    const echo = await instance(async (request, response) => {
      const { method, url, headers } = request;
      const body = (await request.setEncoding('utf8').toArray()).join('');
      const { host, 'mcp-protocol-version': version } = headers;
      response.writeHead(201, { 'mcp-session-id': 'one' }).end(JSON.stringify({ method, url, host, version, body }));
    });
    const { url } = await proxyTo(roundRobin([echo]));
    const ping = { ...legacy('ping', {}, { id: 1 }), chunked: true };
    const { status, body } = await sendRaw(`${url}/mcp?a=b`, ping, { host: 'evil.example.com' });
    expect({ status, ...JSON.parse(body) }).toEqual({
      status: 201,
      method: 'POST',
      url: '/mcp?a=b',
      host: 'evil.example.com',
      version: ping.headers['mcp-protocol-version'],
      body: ping.body,
    });
    expect((await fetch(url)).headers.get('mcp-session-id')).toBe('one');
  });

  it('passes an event on before there is another', async () => {
    const asked = Promise.withResolvers<void>();
    const streaming = await instance(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      await asked.promise;
      response.end('data: 2\n\n');
    });
    const { url } = await proxyTo(roundRobin([streaming]));
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: 'data: 1\n\n' });
    asked.resolve();
    expect(await reader?.read()).toEqual({ done: false, value: 'data: 2\n\n' });
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it('lets the instance see that a client has left, and says then that its turn is over', async () => {
    const left = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const { port } = await instance((_, response) => {
      response.writeHead(200).write('on and on');
      response.once('close', left.resolve);
    });
    const { url } = await proxyTo(async () => ({ port, over: over.resolve }));
    const leaving = new AbortController();
    await (await fetch(url, { signal: leaving.signal })).body?.getReader().read();
    leaving.abort();
    await Promise.all([left.promise, over.promise]);
  });

  it('answers 502 for an instance that is not there', async () => {
    const gone = createServer();
    const port = await listeningPort(gone, LOOPBACK, 0);
    await close(gone);
    const { url } = await proxyTo(roundRobin([{ port }]));
    expect((await fetch(url)).status).toBe(502);
  });
});

describe('an instance a request', () => {
  /** Starts instances that answer with their number, and with those that had been killed by then. */
  function numbered() {
    const killed: number[] = [];
    let count = 0;
    const start = async () => {
      count += 1;
      const number = count;
      const server = createServer((_, response) => response.end(JSON.stringify({ number, killed })));
      const port = await listeningPort(server, LOOPBACK, 0);
      const kill = async () => {
        await close(server);
        killed.push(number);
      };
      return { port, kill };
    };
    return { start, killed };
  }

  it('is killed before the next request is served, by another one', async () => {
    const { start } = numbered();
    const { next, end } = oneRequestEach(start, 2);
    opened.push(end);
    const { url } = await proxyTo(next);
    const answers: unknown[] = [];
    for (let request = 0; request < 3; request++) answers.push(await (await fetch(url)).json());
    expect(answers).toEqual([
      { number: 1, killed: [] },
      { number: 2, killed: [1] },
      { number: 3, killed: [1, 2] },
    ]);
  });

  it('is not killed while its request is in flight', async () => {
    const { start, killed } = numbered();
    const { next, end } = oneRequestEach(start, 1);
    opened.push(end);
    const first = await next();
    const second = await next();
    second.over();
    await next();
    expect(killed).toEqual([2]);
    first.over();
    await next();
    expect(killed).toEqual([2, 1]);
  });
});
