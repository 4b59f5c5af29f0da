import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { LOOPBACK } from '../launch/port.ts';

/** A small web site on loopback for `fetch_page` to read. */
export interface Site {
  /** What FETCH_PAGE_HOSTS has to name. */
  readonly hosts: readonly string[];
  /** The address of a page, under a name that is declared. */
  page(path: string): string;
  /** Resolves when the next request for a path (with its query) has arrived. */
  requested(path: string): Promise<void>;
  /** Resolves when the next one who asked for a path (with its query) leaves without the whole answer. */
  left(path: string): Promise<void>;
  close(): Promise<void>;
}

/** How long `/slow` takes: long enough for a signal to arrive meanwhile. */
export const SLOW_MS = 1_500;
/** More than the 2 MiB `fetch_page` reads. */
const LARGE_BYTES = 3 * 1024 * 1024;

/** As much as `fetch_page` reads before it tells its client how far it is. */
const PIECE_BYTES = 64 * 1024;
/** 2 MiB, of which no more is read, come in as many seconds as a page is given. */
const DRIP_MS = 250;
const BOOK_PIECES = 5;

const HTML = `<!doctype html><html><head><title>The Reading Room</title><script>let hidden = 'in a script';</script></head>
<body><h1>Opening hours</h1><p>Monday &amp; Tuesday: <b>nine</b> to five.</p></body></html>`;

const PAGES: Record<string, (response: ServerResponse, url: URL) => void | Promise<void>> = {
  '/page': (response) => reply(response, 'text/html; charset=utf-8', HTML),
  '/gzipped': (response) => {
    response.setHeader('content-encoding', 'gzip');
    reply(response, 'text/html; charset=utf-8', gzipSync(HTML));
  },
  '/plain': (response) => reply(response, 'text/plain', 'Plain text.'),
  '/image': (response) => reply(response, 'image/png', Buffer.from('89504e47', 'hex')),
  '/missing': (response) => {
    response.statusCode = 404;
    reply(response, 'text/html', 'Not here.');
  },
  '/large': (response) => reply(response, 'text/plain', 'x'.repeat(LARGE_BYTES)),
  // Comes further for as long as somebody reads it.
  '/dripping': async (response) => {
    response.setHeader('content-type', 'text/plain');
    while (!response.destroyed) {
      response.write('x'.repeat(PIECE_BYTES));
      await delay(DRIP_MS);
    }
  },
  '/book': (response) => reply(response, 'text/plain', 'x'.repeat(BOOK_PIECES * PIECE_BYTES)),
  '/slow': async (response) => {
    await delay(SLOW_MS);
    reply(response, 'text/plain', 'Slow text.');
  },
  // Never answers.
  '/silent': () => {},
  // Begins to answer, and never ends.
  '/stalled': (response) => {
    response.setHeader('content-type', 'text/plain');
    response.write('The beginning');
  },
  '/moved': (response, url) => {
    response.writeHead(302, { location: url.searchParams.get('to') ?? '/page' }).end();
  },
};

/** Starts the site on a free port. */
export async function startSite(): Promise<Site> {
  const arrivals = new EventEmitter();
  const departures = new EventEmitter();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://site');
    const path = `${url.pathname}${url.search}`;
    arrivals.emit(path);
    response.once('close', () => response.writableFinished || departures.emit(path));
    const page = PAGES[url.pathname];
    if (page === undefined) response.writeHead(404).end();
    else void page(response, url);
  }).listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = addressOf(server.address());
  return {
    hosts: [`${LOOPBACK}:${port}`, `localhost:${port}`],
    page: (path) => `http://${LOOPBACK}:${port}${path}`,
    async requested(path) {
      await once(arrivals, path);
    },
    async left(path) {
      await once(departures, path);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reply(response: ServerResponse, contentType: string, body: string | Buffer): void {
  response.setHeader('content-type', contentType);
  response.end(body);
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The site listens on no port');
  return address;
}
