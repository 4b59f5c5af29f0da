import type { Target } from '../target.ts';
import { deadlineOf } from './deadline.ts';
import { LIMITS } from './limits.ts';

/** How a call of a known length can run on a target, and why not otherwise. */
export type Verdict = { readonly runs: 'inline' } | { readonly runs: 'as a job' | 'nowhere'; readonly because: string };

/**
 * Whether a call can be answered while its request waits, has to go on as a job after it, or is too long even for that.
 * What a platform does not publish is no limit here.
 *
 * @param seconds how long the call may take
 * @param wallTimeMs how long this deployment's requests may run, where it was configured otherwise than the table says
 *
 * @example
 * verdictOn('netlify', 20 * 60); // { runs: 'nowhere', because: 'needs 1200 s: … a job runs for at most 900 s' }
 */
export function verdictOn(target: Target, seconds: number, wallTimeMs?: number): Verdict {
  const deadline = deadlineOf(target, wallTimeMs);
  if (deadline === undefined || seconds * 1000 <= deadline.ms) return { runs: 'inline' };
  const because = `needs ${seconds} s: ${deadline.because}`;
  const { maximum } = LIMITS[target].jobMs;
  if (typeof maximum !== 'number' || seconds * 1000 <= maximum) return { runs: 'as a job', because };
  return { runs: 'nowhere', because: `${because}, and a job runs for at most ${maximum / 1000} s` };
}
