import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FetchRefused, type ToolContext } from '../src/index.ts';
import { fetchPage } from '../src/tools/fetch-page.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

const URL_OF_PAGE = 'https://www.gutenberg.org/page';
const MIB = 1024 * 1024;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A context whose every fetch gets what `answer` makes, and the requests it made. */
function answering(answer: (init?: RequestInit) => Response | Promise<Response>, overrides: Partial<ToolContext> = {}) {
  const requests: string[] = [];
  const ctx = testContext({
    ...overrides,
    fetch: async (url, init) => {
      requests.push(String(url));
      return answer(init);
    },
  });
  return { ctx, requests };
}

function page(body: BodyInit | null, contentType = 'text/html; charset=utf-8', status = 200): Response {
  return new Response(body, { status, headers: { 'content-type': contentType } });
}

/** A body that never ends, and how much of it was asked for. */
function endless(chunk: Uint8Array<ArrayBuffer>) {
  const asked = { bytes: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      asked.bytes += chunk.length;
      controller.enqueue(chunk);
    },
    cancel() {
      asked.cancelled = true;
    },
  });
  return { body, asked };
}

it('tells its client how much of a page is there: of none of it, and then after each 64 KiB', async () => {
  const KIB = 1024;
  const told: number[] = [];
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const size of [10 * KIB, 60 * KIB, 100 * KIB, 10 * KIB, 60 * KIB]) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  });
  const progress = async (bytes: number) => void told.push(bytes / KIB);
  const { ctx } = answering(() => page(body, 'text/plain'), { progress });
  await complete(fetchPage, { url: URL_OF_PAGE }, ctx);
  expect(told).toEqual([0, 70, 170, 240]);
});

describe('a page that another instance put into the cache they share', () => {
  const cache = memoryStore();
  const instance = (env: Record<string, string>) => answering(() => page('text', 'text/plain'), { cache, env });

  it('is served where the same hosts may be reached', async () => {
    await complete(fetchPage, { url: URL_OF_PAGE }, instance({ FETCH_PAGE_ALLOW_PRIVATE: '1' }).ctx);
    const { ctx, requests } = instance({ FETCH_PAGE_ALLOW_PRIVATE: '1' });
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.fromCache).toBe(true);
    expect(requests).toEqual([]);
  });

  it('is fetched anew, and by its own rules, where others may', async () => {
    const { ctx, requests } = instance({});
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.fromCache).toBe(false);
    expect(requests).toEqual([URL_OF_PAGE]);
  });
});

describe('fetch_page', () => {
  it('gives the title and the readable text of an HTML page', async () => {
    const { ctx } = answering(() => page('<title>Emma</title><h1>Volume I</h1><p>Emma Woodhouse'));
    const { data, text } = await complete(fetchPage, { url: URL_OF_PAGE }, ctx);
    expect(data).toEqual({
      url: URL_OF_PAGE,
      status: 200,
      contentType: 'text/html',
      title: 'Emma',
      text: 'Volume I\n\nEmma Woodhouse',
      totalCharacters: 24,
      truncated: false,
      fromCache: false,
    });
    expect(text).toBe('Emma\nCharacters 0 to 24 of 24\n\nVolume I\n\nEmma Woodhouse');
  });

  it('names the address that redirects led to', async () => {
    const { ctx } = answering(() =>
      Object.defineProperty(page('x'), 'url', { value: 'https://www.gutenberg.org/end' }),
    );
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.url).toBe('https://www.gutenberg.org/end');
  });

  it.each(['text/plain', 'text/markdown', 'application/json', 'TEXT/PLAIN; charset=UTF-8'])(
    'leaves %s as it is',
    async (contentType) => {
      const { ctx } = answering(() => page('{"a": "<b>  &amp;"}', contentType));
      expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.text).toBe('{"a": "<b>  &amp;"}');
    },
  );

  it.each([
    ['iso-8859-1', [0x63, 0x61, 0x66, 0xe9], 'café'],
    ['"windows-1252"', [0x93, 0x61, 0x94], '“a”'],
    ['utf-16le', [0x61, 0x00, 0xe9, 0x00], 'aé'],
    ['no-such-charset', [0x63, 0x61, 0x66, 0xc3, 0xa9], 'café'],
  ])('decodes %s', async (charset, bytes, text) => {
    const { ctx } = answering(() => page(new Uint8Array(bytes), `text/plain; charset=${charset}`));
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.text).toBe(text);
  });

  it('gives a long page in parts that join to the whole, and cuts no character in half', async () => {
    const whole = '😀'.repeat(700) + 'é'.repeat(101);
    const { ctx } = answering(() => page(whole, 'text/plain'));
    const parts: string[] = [];
    let offset: unknown = 0;
    while (offset !== undefined) {
      const { data } = await complete(fetchPage, { url: URL_OF_PAGE, maxCharacters: 201, offset }, ctx);
      expect(String(data.text).isWellFormed()).toBe(true);
      parts.push(String(data.text));
      offset = data.nextOffset;
    }
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.join('')).toBe(whole);
  });

  it('says how long the text is where the offset lies beyond it', async () => {
    const { ctx } = answering(() => page('four', 'text/plain'));
    expect(await fail(fetchPage, { url: URL_OF_PAGE, offset: 4 }, ctx)).toBe(
      'The text of this page has 4 characters: give an offset below that.',
    );
    expect((await complete(fetchPage, { url: URL_OF_PAGE, offset: 3 }, ctx)).data.text).toBe('r');
  });

  it('gives an empty page as an empty text', async () => {
    const { ctx } = answering(() => page(null, 'text/plain'));
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data).toMatchObject({ text: '', totalCharacters: 0 });
  });

  it.each([404, 500])('fails with the status where it is %i, and reads nothing', async (status) => {
    const { body, asked } = endless(new Uint8Array(1000));
    const { ctx } = answering(() => page(body, 'text/html', status));
    expect(await fail(fetchPage, { url: URL_OF_PAGE }, ctx)).toBe(`${URL_OF_PAGE} answered with status ${status}.`);
    expect(asked.cancelled).toBe(true);
  });

  it.each(['image/png', 'application/octet-stream', ''])('fails for the content type "%s"', async (contentType) => {
    const { ctx } = answering(() => page(new Uint8Array(10), contentType));
    expect(await fail(fetchPage, { url: URL_OF_PAGE }, ctx)).toContain(
      `is "${contentType}". This tool reads only text/html,`,
    );
  });

  it('passes on why an address is refused', async () => {
    const { ctx } = answering(() => Promise.reject(new FetchRefused('"10.0.0.1" is a private address.')));
    expect(await fail(fetchPage, { url: 'http://10.0.0.1/' }, ctx)).toBe('"10.0.0.1" is a private address.');
  });

  it('says so where the page breaks off', async () => {
    const broken = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('terminated'));
      },
    });
    const { ctx } = answering(() => page(broken));
    expect(await fail(fetchPage, { url: URL_OF_PAGE }, ctx)).toBe(`${URL_OF_PAGE} broke off. Try it again.`);
  });

  it.each([
    {},
    { url: 'gutenberg.org' },
    { url: 'file:///etc/passwd' },
    { url: `https://example.org/${'x'.repeat(2048)}` },
    { url: URL_OF_PAGE, maxCharacters: 199 },
    { url: URL_OF_PAGE, maxCharacters: 20_001 },
    { url: URL_OF_PAGE, offset: -1 },
  ])('refuses %j', async (args) => {
    const { ctx, requests } = answering(() => page('x'));
    expect(await refuse(fetchPage, args, ctx)).toMatch(/^Invalid arguments for tool "fetch_page": /);
    expect(requests).toEqual([]);
  });
});

describe('the limits of fetch_page', () => {
  it('are 2 MiB: it reads no further and gives the rest up', async () => {
    const { body, asked } = endless(new Uint8Array(64 * 1024).fill(0x61));
    const { ctx } = answering(() => page(body, 'text/plain'));
    const { data } = await complete(fetchPage, { url: URL_OF_PAGE }, ctx);
    expect(data).toMatchObject({ truncated: true, totalCharacters: 2 * MIB });
    expect(asked.bytes).toBeLessThan(2 * MIB + 4 * 64 * 1024);
    expect(asked.cancelled).toBe(true);
  });

  it('cut a page of exactly 2 MiB nowhere, and a character at the limit not in half', async () => {
    const exact = answering(() => page('a'.repeat(2 * MIB), 'text/plain'));
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, exact.ctx)).data.truncated).toBe(false);
    const over = answering(() => page(`a${'é'.repeat(MIB)}`, 'text/plain'));
    const { data } = await complete(fetchPage, { url: URL_OF_PAGE, offset: MIB - 100 }, over.ctx);
    expect(data).toMatchObject({ truncated: true, totalCharacters: MIB });
    expect(data.text).not.toContain('\ufffd');
  });

  it('are 8 seconds, for the answer and the body together', async () => {
    const timeout = new AbortController();
    const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    const silent = answering(() => {
      setTimeout(() => timeout.abort(new DOMException('time is up', 'TimeoutError')));
      return page(new ReadableStream());
    });
    expect(await fail(fetchPage, { url: URL_OF_PAGE }, silent.ctx)).toBe(
      `${URL_OF_PAGE} took longer than 8 seconds. Try it again later.`,
    );
    expect(limit).toHaveBeenCalledWith(8000);
    const unanswered = answering((init) => Promise.reject(init?.signal?.reason));
    expect(await fail(fetchPage, { url: URL_OF_PAGE }, unanswered.ctx)).toContain('took longer than 8 seconds');
  });

  it('include the caller’s patience: the call ends with its signal', async () => {
    const caller = new AbortController();
    const cancel = vi.fn();
    const { ctx } = answering(
      () => {
        setTimeout(() => caller.abort(new Error('the client left')));
        return page(new ReadableStream({ cancel }));
      },
      { signal: caller.signal },
    );
    await expect(fetchPage.call({ url: URL_OF_PAGE }, ctx)).rejects.toThrow('the client left');
    expect(cancel).toHaveBeenCalledOnce();
  });
});

describe('the cache of fetch_page', () => {
  it('answers for ten minutes, whatever part or fragment is asked for', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { ctx, requests } = answering(() => page('x'.repeat(500), 'text/plain'));
    const first = await complete(fetchPage, { url: URL_OF_PAGE }, ctx);
    const second = await complete(fetchPage, { url: `${URL_OF_PAGE}#there`, maxCharacters: 200, offset: 300 }, ctx);
    expect(first.data.fromCache).toBe(false);
    expect(second.data).toMatchObject({
      fromCache: true,
      totalCharacters: 500,
      status: 200,
      contentType: 'text/plain',
    });
    vi.advanceTimersByTime(600_000);
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.fromCache).toBe(false);
    expect(requests).toEqual([URL_OF_PAGE, URL_OF_PAGE]);
  });

  it('takes addresses longer than a key', async () => {
    const { ctx } = answering(() => page('x', 'text/plain'));
    const url = `${URL_OF_PAGE}?${'q'.repeat(1900)}`;
    await complete(fetchPage, { url }, ctx);
    expect((await complete(fetchPage, { url }, ctx)).data.fromCache).toBe(true);
    expect((await complete(fetchPage, { url: `${url}r` }, ctx)).data.fromCache).toBe(false);
  });

  it('keeps no failure, and nothing that is larger than it takes', async () => {
    const failing = answering(() => page('x', 'text/html', 503));
    await fail(fetchPage, { url: URL_OF_PAGE }, failing.ctx);
    await fail(fetchPage, { url: URL_OF_PAGE }, failing.ctx);
    expect(failing.requests).toHaveLength(2);

    const large = answering(() => page('x'.repeat(1.5 * MIB), 'text/plain'));
    await complete(fetchPage, { url: URL_OF_PAGE }, large.ctx);
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, large.ctx)).data.fromCache).toBe(false);
  });

  it('may be down: the page is fetched, and the log says so', async () => {
    const down = () => Promise.reject(new Error('down'));
    const warn = vi.fn();
    const { ctx } = answering(() => page('x', 'text/plain'), {
      cache: { ...memoryStore(), get: down, set: down },
      log: { ...testContext().log, warn },
    });
    expect((await complete(fetchPage, { url: URL_OF_PAGE }, ctx)).data.fromCache).toBe(false);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'The page cache could not be read',
      'The page cache could not be written',
    ]);
  });
});

describe('what fetch_page requires', () => {
  const environment = fetchPage.requires.environment;

  it.each(['example.org', 'example.org,localhost:8081', 'a.example , b.example:8443'])(
    'takes the hosts "%s"',
    (hosts) => {
      expect(environment?.safeParse({ FETCH_PAGE_HOSTS: hosts }).success).toBe(true);
    },
  );

  it.each(['https://example.org', 'a b', 'example.org/page', 'a,,b'])('refuses the hosts "%s"', (hosts) => {
    expect(environment?.safeParse({ FETCH_PAGE_HOSTS: hosts }).success).toBe(false);
  });
});
