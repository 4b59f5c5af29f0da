import type { Target } from '../target.ts';
import { deadlineOf } from './deadline.ts';
import { LIMITS } from './limits.ts';

/** How long a client may listen before it has to listen again, and why it may not at all. */
export type ListeningTime =
  | { readonly held: true; readonly forMs: number | undefined }
  /** E.g. `on Netlify Functions a stream ends after 10 s`. */
  | { readonly held: false; readonly because: string };

/**
 * Whether a target can hold the response on which a client listens, and for how long; `undefined`: until the client leaves.
 *
 * @param wallTimeMs how long this deployment's requests may run, where it was configured otherwise than the table says
 */
export function listeningOn(target: Target, wallTimeMs?: number): ListeningTime {
  const { product, listening } = LIMITS[target];
  if (listening.held === 'not at all') return { held: false, because: `on ${product} ${listening.because}` };
  const ends = [
    deadlineOf(target, wallTimeMs)?.ms,
    listening.held === 'for a while' ? listening.atMostMs : undefined,
  ].filter((ms) => ms !== undefined);
  return { held: true, forMs: ends.length === 0 ? undefined : Math.min(...ends) };
}
