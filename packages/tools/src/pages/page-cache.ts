import { sha256Hex } from '@mcp-everywhere/platform/digest';
import type { ToolContext } from '../define-tool.ts';
import { Failure } from '../result.ts';
import { type LoadedPage, loadedPage, loadPage } from './load-page.ts';

const TTL_SECONDS = 600;

/**
 * A page out of the cache, or loaded and put there for ten minutes: a model pages through a long text in several calls.
 * A cache that is down costs time and no answer.
 */
export async function cachedPage(
  url: URL,
  ctx: Pick<ToolContext, 'cache' | 'env' | 'fetch' | 'log' | 'progress' | 'signal'>,
): Promise<{ readonly page: LoadedPage; readonly fromCache: boolean } | Failure> {
  // A hash, because a URL may be longer than a key. Instances may share a cache and yet differ in which hosts they may
  // reach: what one of them was allowed to fetch is none of another's.
  const key = `page/${await sha256Hex(JSON.stringify([url.href, ctx.env]))}`;
  const held = await cached(key, ctx);
  if (held !== undefined) return { page: held, fromCache: true };
  const page = await loadPage(url, ctx);
  if (page instanceof Failure) return page;
  await remember(key, page, ctx);
  return { page, fromCache: false };
}

async function cached(
  key: string,
  { cache, log }: Pick<ToolContext, 'cache' | 'log'>,
): Promise<LoadedPage | undefined> {
  try {
    const held = await cache.get(key);
    return held === undefined ? undefined : loadedPage.parse(JSON.parse(held));
  } catch (error) {
    log.warn('The page cache could not be read', { error });
    return undefined;
  }
}

async function remember(key: string, page: LoadedPage, { cache, log }: Pick<ToolContext, 'cache' | 'log'>) {
  const value = JSON.stringify(page);
  if (new TextEncoder().encode(value).length > cache.maxValueBytes) return;
  try {
    await cache.set(key, value, TTL_SECONDS);
  } catch (error) {
    log.warn('The page cache could not be written', { error });
  }
}
