import * as z from 'zod';
import type { ToolContext } from '../define-tool.ts';
import { FetchRefused } from '../fetch-refused.ts';
import { type Failure, failure } from '../result.ts';
import { readBytes } from './read-bytes.ts';

/** The most of a page that is read. It bounds the memory of a call; most novels as plain text are smaller. */
const MAX_BYTES = 2 * 1024 * 1024;
export const TIME_LIMIT_SECONDS = 8;
const MAX_TITLE_CHARACTERS = 300;
const TOLD_EVERY_BYTES = 64 * 1024;

const HTML_TYPES = ['text/html', 'application/xhtml+xml'];
const READABLE_TYPES = [...HTML_TYPES, 'text/plain', 'text/markdown', 'application/json'];

/** A page as text, whole as far as it was read. */
export const loadedPage = z.object({
  url: z.string(),
  status: z.int(),
  contentType: z.string(),
  title: z.string().optional(),
  text: z.string(),
  truncated: z.boolean(),
});

export type LoadedPage = z.infer<typeof loadedPage>;

/**
 * Fetches a page and makes text of it.
 *
 * @returns the page, or a failure that says why there is none
 * @throws what ended `ctx.signal`
 */
export async function loadPage(
  url: URL,
  ctx: Pick<ToolContext, 'fetch' | 'progress' | 'signal'>,
): Promise<LoadedPage | Failure> {
  const timeout = AbortSignal.timeout(TIME_LIMIT_SECONDS * 1000);
  const signal = AbortSignal.any([ctx.signal, timeout]);
  try {
    const response = await ctx.fetch(url, { signal, headers: { accept: READABLE_TYPES.join(', ') } });
    const refusal = refusalOf(response, url);
    if (refusal === undefined) return await pageFrom(response, url, { signal, progress: reading(url, ctx) });
    await response.body?.cancel();
    return refusal;
  } catch (error) {
    if (error instanceof FetchRefused) return failure(error.message);
    ctx.signal.throwIfAborted();
    if (timeout.aborted) return failure(`${url} took longer than ${TIME_LIMIT_SECONDS} seconds. Try it again later.`);
    throw error;
  }
}

/** Tells the client how much of a page is there: of none of it, and then at most once in {@link TOLD_EVERY_BYTES}. */
function reading({ host }: URL, ctx: Pick<ToolContext, 'progress'>): (bytes: number) => Promise<void> {
  let next = 0;
  return async (bytes) => {
    if (bytes < next) return;
    next = bytes + TOLD_EVERY_BYTES;
    await ctx.progress(bytes, undefined, `${Math.floor(bytes / 1024)} KiB of the page are here, from ${host}`);
  };
}

/** Why a response is no page to read, or `undefined` where it is one. */
function refusalOf(response: Response, url: URL): Failure | undefined {
  if (response.status >= 400) return failure(`${url} answered with status ${response.status}.`);
  const { mediaType } = contentTypeOf(response);
  if (READABLE_TYPES.includes(mediaType)) return undefined;
  return failure(`${url} is "${mediaType}". This tool reads only ${READABLE_TYPES.join(', ')}.`);
}

async function pageFrom(
  response: Response,
  url: URL,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (bytes: number) => Promise<void> },
): Promise<LoadedPage | Failure> {
  const body = await readBytes(response, MAX_BYTES, signal, progress).catch(() => undefined);
  signal.throwIfAborted();
  if (body === undefined) return failure(`${url} broke off. Try it again.`);
  const { bytes, truncated } = body;
  const { mediaType, charset } = contentTypeOf(response);
  // As a stream, a character that the limit cuts in half is left out, not replaced.
  const source = decoderFor(charset).decode(bytes, { stream: truncated });
  const { title, text } = HTML_TYPES.includes(mediaType)
    ? await htmlText(source, mediaType)
    : { title: undefined, text: source };
  return {
    // A response that no network made has no address of its own.
    url: response.url || url.href,
    status: response.status,
    contentType: mediaType,
    title: title?.slice(0, MAX_TITLE_CHARACTERS).toWellFormed(),
    text,
    truncated,
  };
}

function contentTypeOf(response: Response): { readonly mediaType: string; readonly charset: string } {
  const header = response.headers.get('content-type') ?? '';
  return {
    mediaType: header.split(';', 1)[0]?.trim().toLowerCase() ?? '',
    charset: /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(header)?.[1] ?? 'utf-8',
  };
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

/** The parser is loaded when there is something to parse: a server starts without it. */
async function htmlText(source: string, mediaType: string) {
  const { htmlToText } = await import('./html-to-text.ts');
  return htmlToText(source, { xhtml: mediaType === 'application/xhtml+xml' });
}
