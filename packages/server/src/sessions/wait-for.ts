import { StoreUnavailable } from '@mcp-everywhere/platform/state';

/** How often to look: soon at first, then less and less often. */
export interface Looks {
  readonly firstMs: number;
  readonly atMostMs: number;
  /** Has a look brought forward where somebody says that there is something; gives what ends that. */
  readonly onNews?: (look: () => void) => () => void;
}

/**
 * Looks until there is something, or until `signal` fires; not at once, but after the first pause. A store that is down has
 * nothing yet: it may be back at the next look.
 *
 * @returns what `look` found, or `undefined`
 * @throws whatever else `look` throws
 */
export async function waitFor<T>(
  { firstMs, atMostMs, onNews }: Looks,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let news = Promise.withResolvers<void>();
  const stop = onNews?.(() => news.resolve());
  try {
    for (let pauseMs = firstMs; !signal.aborted; pauseMs = Math.min(pauseMs * 1.5, atMostMs)) {
      await pause(pauseMs, signal, news.promise);
      // What comes while it looks is looked at again.
      news = Promise.withResolvers();
      const found = signal.aborted ? undefined : await look().catch(nothingYet);
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    stop?.();
  }
}

function nothingYet(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

/** Resolves after a while, or when `signal` fires, or with `news`. */
function pause(ms: number, signal: AbortSignal, news: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    void news.then(end);
  });
}
