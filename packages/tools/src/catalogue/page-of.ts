import type { CatalogueRecord } from './catalogue.ts';

/** A page of ranked matches. */
export interface Page {
  readonly records: readonly CatalogueRecord[];
  /** Matches left out because they were seen. */
  readonly heldBack: number;
  /** Where the next page begins; absent where nothing unseen is left. */
  readonly next?: number;
}

/** The first `limit` matches from `start` on whose id is not in `seen`. */
export function pageOf(
  ranked: readonly CatalogueRecord[],
  start: number,
  limit: number,
  seen: ReadonlySet<string>,
): Page {
  const ahead = ranked.slice(start);
  const unseen = ahead.filter(({ id }) => !seen.has(id));
  const following = unseen[limit];
  return {
    records: unseen.slice(0, limit),
    heldBack: ahead.length - unseen.length,
    ...(following && { next: ranked.indexOf(following) }),
  };
}
