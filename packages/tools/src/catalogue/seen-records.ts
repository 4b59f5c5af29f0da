import type { AtomicStore } from '@mcp-everywhere/platform';
import * as z from 'zod';
import { mintHandle } from '../handle.ts';
import { type Failure, failure } from '../result.ts';
import { updateState } from '../state/update-state.ts';
import type { Page } from './page-of.ts';

/** How long a search remembers what it returned, from its last call on. */
const SEARCH_TTL_SECONDS = 3600;

const seenIds = z.array(z.string());

/** Remembers the records of a first page under a new searchId. */
export async function startSearch(state: AtomicStore, page: Page): Promise<string> {
  const searchId = mintHandle('search');
  await state.set(keyOf(searchId), JSON.stringify(idsOf(page)), SEARCH_TTL_SECONDS);
  return searchId;
}

/**
 * Takes a page of records that this search has not returned before. Of calls at once each gets records of its own.
 *
 * @param choose makes the page, given the ids returned before
 * @returns the page, or a failure where the search is unknown or has expired
 */
export function continueSearch(
  state: AtomicStore,
  searchId: string,
  choose: (seen: ReadonlySet<string>) => Page,
): Promise<Page | Failure> {
  return updateState(state, keyOf(searchId), (held) => {
    if (held === undefined) {
      return failure('This searchId is unknown or has expired. Start anew: call search_records without searchId.');
    }
    const seen = seenIds.parse(JSON.parse(held));
    const page = choose(new Set(seen));
    return {
      result: page,
      write: { value: JSON.stringify([...seen, ...idsOf(page)]), ttlSeconds: SEARCH_TTL_SECONDS },
    };
  });
}

function idsOf({ records }: Page): readonly string[] {
  return records.map(({ id }) => id);
}

function keyOf(searchId: string): string {
  return `search/${searchId}`;
}
