import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { TIME_LIMIT_SECONDS } from '../pages/load-page.ts';
import { cachedPage } from '../pages/page-cache.ts';
import { Failure, failure, text as textContent, withContent } from '../result.ts';

export const fetchPage = defineTool({
  name: 'fetch_page',
  title: 'Fetch a web page',
  description:
    'Fetches a public web page and returns its readable text without markup. It reaches only the hosts configured (Project Gutenberg, Standard Ebooks, Wikipedia, Wikisource and Open Library unless more are); use it to read about a book or its author, or the book itself. A long page comes in parts: call again with offset set to nextOffset.',
  input: z.object({
    url: z
      .url({ protocol: /^https?$/, error: 'give a whole http or https address' })
      .max(2048)
      .describe('The whole address, such as https://en.wikipedia.org/wiki/Middlemarch'),
    maxCharacters: z.int().min(200).max(20_000).default(6000).describe('The most characters of text to return'),
    offset: z
      .int()
      .min(0)
      .max(4_000_000)
      .default(0)
      .describe('Where in the text to begin: the nextOffset of the call before'),
  }),
  output: z.object({
    url: z.string().describe('The address the page came from, after redirects'),
    status: z.int().min(100).max(599).describe('The HTTP status'),
    contentType: z.string().describe('The media type of the page'),
    title: z.string().optional().describe('The title; absent where the page has none'),
    text: z.string().describe('This part of the text'),
    totalCharacters: z.int().min(0).describe('How long the whole text is'),
    nextOffset: z.int().min(1).optional().describe('The offset of the next part; absent on the last'),
    truncated: z.boolean().describe('Whether the page was larger than 2 MiB: what lies beyond is not in the text'),
    fromCache: z.boolean().describe('Whether this is a copy, at most ten minutes old'),
  }),
  annotations: { readOnlyHint: true, openWorldHint: true },
  requires: {
    hosts: ['www.gutenberg.org', 'standardebooks.org', 'en.wikipedia.org', 'en.wikisource.org', 'openlibrary.org'],
    environment: z.object({
      FETCH_PAGE_HOSTS: z
        .string()
        .regex(/^[^\s,/]+(\s*,\s*[^\s,/]+)*$/, 'give hosts separated by commas, such as example.org,localhost:8081')
        .optional()
        .describe('Further hosts that fetch_page may reach, comma-separated'),
      FETCH_PAGE_ALLOW_PRIVATE: z.enum(['0', '1']).optional().describe('1 lets fetch_page reach private addresses'),
    }),
    hostsFrom: 'FETCH_PAGE_HOSTS',
    privateAddressesFrom: 'FETCH_PAGE_ALLOW_PRIVATE',
    seconds: TIME_LIMIT_SECONDS,
  },
  async run({ url, maxCharacters, offset }, ctx) {
    const address = new URL(url);
    address.hash = '';
    const cached = await cachedPage(address, ctx);
    if (cached instanceof Failure) return cached;
    const { page, fromCache } = cached;
    const totalCharacters = page.text.length;
    if (offset > 0 && offset >= totalCharacters) {
      return failure(`The text of this page has ${totalCharacters} characters: give an offset below that.`);
    }
    const start = characterStart(page.text, offset);
    const end = characterStart(page.text, offset + maxCharacters);
    const nextOffset = end < totalCharacters ? end : undefined;
    const text = page.text.slice(start, end);
    return withContent({ ...page, text, totalCharacters, nextOffset, fromCache }, [
      textContent(`${page.title ?? page.url}\n${partLine(start, end, totalCharacters)}\n\n${text}`),
    ]);
  },
});

/** The index itself, or the one before where it would cut a surrogate pair in half. */
function characterStart(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : Math.min(index, text.length);
}

function partLine(start: number, end: number, total: number): string {
  const more = end < total ? `; call again with offset ${end} for more` : '';
  return `Characters ${start} to ${end} of ${total}${more}`;
}
