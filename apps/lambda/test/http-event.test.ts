import { eventOf, FRONTS, type Front, type ReceivedRequest } from '@mcp-everywhere/testkit/lambda';
import { describe, expect, it } from 'vitest';
import { type HttpEvent, toRequest } from '../src/http-event.ts';
import { headOf, toResult } from '../src/http-result.ts';

/** Answers with what it received, byte for byte; but a list in a header is the same with spaces after its commas or without. */
async function echo(request: Request): Promise<Response> {
  const { method, url, headers } = request;
  const body = Buffer.from(await request.arrayBuffer()).toString('hex');
  const lists = [...headers].map(([name, value]) => [name, value.replaceAll(', ', ',')]);
  return Response.json({ method, url, headers: Object.fromEntries(lists), body });
}

/** The headers that every HTTP request of the table has. */
const always: ReceivedRequest['headers'] = [
  ['Host', 'mcp.example.com'],
  ['X-Forwarded-Proto', 'https'],
];

interface Case {
  readonly what: string;
  readonly request: ReceivedRequest;
  /** What one value a header cannot carry. */
  readonly notFrom?: readonly Front[];
}

const request = (over: Partial<ReceivedRequest>): ReceivedRequest => ({
  method: 'POST',
  target: '/mcp',
  headers: always,
  body: new Uint8Array(),
  ...over,
});
const json: [string, string] = ['Content-Type', 'application/json'];
const bytes = (text: string): Uint8Array => Buffer.from(text);

const CASES: readonly Case[] = [
  { what: 'a GET without a body', request: request({ method: 'GET', target: '/healthz' }) },
  { what: 'a POST without a body', request: request({}) },
  { what: 'JSON', request: request({ headers: [...always, json], body: bytes('{"a":"é 漢 😀"}') }) },
  {
    what: 'JSON without a content type, which goes in base64',
    request: request({ body: bytes('{"a":1}') }),
  },
  {
    what: 'a body that is no text',
    request: request({
      headers: [...always, ['Content-Type', 'application/octet-stream']],
      body: Uint8Array.of(0, 255, 128, 10),
    }),
  },
  {
    what: 'a query with repeated names, escapes and empty values',
    request: request({ method: 'GET', target: '/?a=1&a=2&b=%26%3D&c=' }),
    notFrom: ['load-balancer'],
  },
  { what: 'a query', request: request({ method: 'GET', target: '/?a=%C3%A9%20x&b=' }) },
  { what: 'an escaped path', request: request({ method: 'GET', target: '/a%20b/%C3%A9' }) },
  { what: 'a path that looks like another host', request: request({ method: 'GET', target: '//evil.example.com/x' }) },
  {
    what: 'a cookie',
    request: request({ headers: [...always, ['Cookie', 'a=1; b=2']] }),
  },
  {
    what: 'a header that is there twice',
    request: request({ headers: [...always, ['Accept', 'application/json'], ['Accept', 'text/event-stream']] }),
    notFrom: ['load-balancer'],
  },
  {
    what: 'a method of its own',
    request: request({ method: 'DELETE' }),
  },
];

describe.each(FRONTS)('a request that comes as an event of a %s', (front) => {
  for (const { what, request, notFrom = [] } of CASES) {
    if (notFrom.includes(front)) continue;
    it(`is answered as over plain HTTP: ${what}`, async () => {
      expect(await answered(front, request)).toEqual(await (await echo(plain(request))).json());
    });
  }

  it('may have a body though it is a GET, which is ignored as over plain HTTP', async () => {
    const got = await answered(front, request({ method: 'GET', headers: [...always, json], body: bytes('{}') }));
    expect(got).toMatchObject({ method: 'GET', body: '' });
  });

  it('may declare another length than its body has', async () => {
    const headers = [...always, json, ['Content-Length', '9999']] as const;
    const got = await answered(front, request({ headers, body: bytes('{"é":1}') }));
    expect(got.headers['content-length']).toBe('8');
  });

  it('may hold a character in a header that HTTP cannot carry: it arrives as its UTF-8 bytes', async () => {
    const got = await answered(front, request({ headers: [...always, ['X-Title', '漢']] }));
    expect(Buffer.from(got.headers['x-title'] ?? '', 'latin1').toString()).toBe('漢');
  });

  it.each([{}, null, undefined])('may have no headers at all (%s)', async (none) => {
    const { headers: _, multiValueHeaders: __, ...event }: Record<string, unknown> = { ...eventOf(front, request({})) };
    const name = front === 'load-balancer-multi-value' ? 'multiValueHeaders' : 'headers';
    const received = toRequest(asEvent(none === undefined ? event : { ...event, [name]: none }));
    expect([received.method, new URL(received.url).pathname]).toEqual(['POST', '/mcp']);
    expect(received.headers.get('host')).toBeNull();
  });

  it.each(['a b', 'x/y', '', '[::'])('may have a Host that is none (%j), which the guard gets to see', (host) => {
    const received = toRequest(asEvent(eventOf(front, request({ headers: [['Host', host]] }))));
    expect(new URL(received.url).pathname).toBe('/mcp');
    expect(received.headers.get('host')).toBe(host);
  });
});

describe.each(FRONTS)('a response to a %s', (front) => {
  const event = asEvent(eventOf(front, request({})));
  const headersIn = (result: object): unknown =>
    'multiValueHeaders' in result ? result.multiValueHeaders : 'headers' in result && result.headers;

  it('keeps status and headers', async () => {
    const result = await toResult(event, new Response('{}', { status: 404, headers: { 'x-request-id': 'r-1' } }));
    expect(result.statusCode).toBe(404);
    expect(headersIn(result)).toMatchObject({
      'x-request-id': front === 'load-balancer-multi-value' ? ['r-1'] : 'r-1',
    });
  });

  it('is text where it is text, whatever its content type says', async () => {
    const text = '\ufeff{"a":"é 漢 😀"}';
    const result = await toResult(event, new Response(Buffer.from(text), { headers: { 'content-type': 'x/y' } }));
    expect(result).toMatchObject({ body: text, isBase64Encoded: false });
  });

  it('is base64 where it is not', async () => {
    const result = await toResult(event, new Response(Uint8Array.of(0x1f, 0x8b, 8, 0, 255)));
    expect(result).toMatchObject({ body: 'H4sIAP8=', isBase64Encoded: true });
  });

  it('may have no body', async () => {
    const result = await toResult(event, new Response(null, { status: 204 }));
    expect(result).toMatchObject({ statusCode: 204, body: '', isBase64Encoded: false });
  });

  it('keeps its cookies apart', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1; Expires=Fri, 01 Jan 2027 00:00:00 GMT'],
      ['set-cookie', 'b=2'],
    ]);
    const cookies = headers.getSetCookie();
    const result = await toResult(event, new Response('', { headers }));
    if (front === 'load-balancer') expect(headersIn(result)).toMatchObject({ 'set-cookie': cookies[0] });
    else if (front === 'load-balancer-multi-value') expect(headersIn(result)).toMatchObject({ 'set-cookie': cookies });
    else expect(result).toMatchObject({ cookies, headers: {} });
  });
});

it('tells a load balancer the status in words too', async () => {
  const event = asEvent(eventOf('load-balancer', request({})));
  expect(await toResult(event, new Response('', { status: 404 }))).toMatchObject({
    statusDescription: '404 Not Found',
  });
});

it('has nothing but text in a head, with the cookies apart', () => {
  const response = new Response('', { status: 201, headers: { 'x-a': '1', 'set-cookie': 'c=1' } });
  expect(headOf(response)).toEqual({
    statusCode: 201,
    headers: { 'x-a': '1', 'content-type': 'text/plain;charset=UTF-8' },
    cookies: ['c=1'],
  });
});

it('says so where an event is of no HTTP request', () => {
  expect(() => toRequest(asEvent({ Records: [] }))).toThrow(/The event is none: it has Records\./);
  expect(() => toRequest(asEvent({}))).toThrow(/it has nothing in it/);
});

/** What comes from outside has whatever shape it has. */
function asEvent(event: object): HttpEvent {
  return event as HttpEvent;
}

interface Echo {
  readonly headers: Readonly<Record<string, string>>;
}

async function answered(front: Front, request: ReceivedRequest): Promise<Echo> {
  const event = asEvent(eventOf(front, request));
  const { body, isBase64Encoded } = await toResult(event, await echo(toRequest(event)));
  return JSON.parse(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString());
}

/** The request as a server that listens itself has it. */
function plain({ method, target, headers, body }: ReceivedRequest): Request {
  const all = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
  const hasBody = body.byteLength > 0;
  if (hasBody) all.set('content-length', String(body.byteLength));
  return new Request(`https://mcp.example.com${target}`, {
    method,
    headers: all,
    ...(hasBody && { body: Buffer.from(body) }),
  });
}
