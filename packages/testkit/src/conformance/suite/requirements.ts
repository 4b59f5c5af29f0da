import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';

/** The revisions whose requirements are run, each in its own era. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;

export type Revision = (typeof REVISIONS)[number];

/** What the suite runs against a server for a revision. */
export interface Requirements {
  /** What a server of this revision has to pass. */
  readonly scored: readonly string[];
  /** What is run besides: extensions, and what the suite added later. */
  readonly unscored: readonly string[];
}

const file = z.object({
  server: z.array(z.string()),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.enum(['client', 'server']) })),
});

/** Where the suite is installed. */
export const SUITE = new URL('./', import.meta.resolve('@modelcontextprotocol/conformance/package.json'));

/** Reads the suite's own, frozen list. */
export async function requirementsOf(revision: Revision): Promise<Requirements> {
  const text = await readFile(new URL(`requirements/${revision}.yaml`, SUITE), 'utf8');
  const { server, not_scored: others } = file.parse(parse(text));
  return { scored: server, unscored: others.filter(({ leg }) => leg === 'server').map(({ scenario }) => scenario) };
}
