import * as z from 'zod';

/**
 * Mints a handle: what a tool gives out so that a later call finds the state of this one. 122 bits of randomness, so that
 * nobody guesses another's; the principal is checked besides.
 *
 * @param kind what it is a handle of; it leads the handle, so that a model that mixes two up is told so
 * @returns e.g. `draft_4f0c2a9e6b7d4d2f9c1e8a5b3d7f6e21`
 */
export function mintHandle(kind: string): string {
  return `${kind}_${crypto.randomUUID().replaceAll('-', '')}`;
}

/**
 * The schema of a handle that a tool takes back.
 *
 * @param kind as it was minted
 * @param mintedBy the tool that gives such handles out; the error names it
 */
export function handleOf(kind: string, mintedBy: string): z.ZodString {
  return z
    .string()
    .regex(
      new RegExp(`^${kind}_[0-9a-f]{32}$`),
      `not a handle from ${mintedBy}: pass the "${kind}_…" it returned, unchanged`,
    );
}
