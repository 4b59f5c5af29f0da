import type { Target } from '../target.ts';
import { LIMITS } from './limits.ts';

/** How long a tool may run on a target, and how the model is told that it ran longer. */
export interface Deadline {
  readonly ms: number;
  /** E.g. `Netlify Functions ends a request after 60 s`. */
  readonly because: string;
}

/** What is left of the platform's time for the answer itself: a tenth of it, and never more than a second. */
const MARGIN = { share: 0.1, atMostMs: 1000 };

/**
 * The deadline of the tools on a target: what the limits table says of it, less a margin for the answer. `undefined` where
 * nobody ends a request. Where the platform itself states no limit, a configured one is that of a proxy.
 *
 * @param wallTimeMs how long this deployment's requests may run, where it was configured otherwise than the table says
 */
export function deadlineOf(target: Target, wallTimeMs?: number): Deadline | undefined {
  const { product, wallTimeMs: published } = LIMITS[target];
  const limit = wallTimeMs ?? published.default;
  if (typeof limit !== 'number') return undefined;
  const who = typeof published.default === 'number' ? product : 'what stands in front of this server';
  return {
    ms: limit - Math.min(limit * MARGIN.share, MARGIN.atMostMs),
    because: `${who} ends a request after ${limit / 1000} s`,
  };
}
