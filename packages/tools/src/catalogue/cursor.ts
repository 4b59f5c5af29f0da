import { sha256Hex } from '@mcp-everywhere/platform/digest';
import type { Filters } from './search.ts';
import { wordsOf } from './words.ts';

/**
 * A cursor: where in the ranked matches the next page begins, bound to the query and filters that ranked them. It holds
 * no state on the server and does not expire.
 */
export async function cursorAt(position: number, query: string, filters: Filters): Promise<string> {
  return `${position}-${await fingerprintOf(query, filters)}`;
}

/** The position a cursor stands for, or `undefined` where it is none, or one of another query or other filters. */
export async function positionOf(cursor: string, query: string, filters: Filters): Promise<number | undefined> {
  const [, position, fingerprint] = /^(\d{1,6})-([0-9a-f]{16})$/.exec(cursor) ?? [];
  return fingerprint === (await fingerprintOf(query, filters)) ? Number(position) : undefined;
}

async function fingerprintOf(query: string, filters: Filters): Promise<string> {
  const { subject, language, author, yearFrom, yearTo } = filters;
  const search = [wordsOf(query), subject, language, wordsOf(author ?? ''), yearFrom, yearTo];
  return (await sha256Hex(JSON.stringify(search))).slice(0, 16);
}
