import type { Platform } from '@mcp-everywhere/platform';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import type { Call } from '../context/tool-context.ts';

/** How long a tool may run on a target, and how the model is told that it ran longer. */
export interface Deadline {
  readonly ms: number;
  /** E.g. `Netlify Functions ends a request after 60 s`. */
  readonly because: string;
}

/** What is left of the platform's time for the answer itself: a tenth of it, and never more than a second. */
const MARGIN = { share: 0.1, atMostMs: 1000 };

/**
 * The deadline of the tools on a platform: what the limits table says of its target, or what this deployment was given,
 * less a margin for the answer. `undefined` where nobody ends a request.
 */
export function deadlineOf({ target, wallTimeMs }: Pick<Platform, 'target' | 'wallTimeMs'>): Deadline | undefined {
  const { product, wallTimeMs: published } = LIMITS[target];
  const limit = wallTimeMs ?? published.default;
  if (typeof limit !== 'number') return undefined;
  return {
    ms: limit - Math.min(limit * MARGIN.share, MARGIN.atMostMs),
    because: `${product} ends a request after ${limit / 1000} s`,
  };
}

/** What {@link withinDeadline} gives where the time was over first. */
export const TIMED_OUT = Symbol('timed out');

/**
 * Runs within a deadline: when it passes, the call's signal fires and the answer is {@link TIMED_OUT}, whether or not the
 * work listens. So the caller still has time to answer, where the platform would have cut the connection.
 */
export async function withinDeadline<Result>(
  deadline: Deadline | undefined,
  call: Call,
  run: (call: Call) => Promise<Result>,
): Promise<Result | typeof TIMED_OUT> {
  if (deadline === undefined) return run(call);
  const over = new AbortController();
  const bounded: Call = { ...call, signal: () => AbortSignal.any([call.signal(), over.signal]) };
  const { promise: passed, resolve } = Promise.withResolvers<typeof TIMED_OUT>();
  const timer = setTimeout(() => {
    resolve(TIMED_OUT);
    over.abort(new DOMException('The call ran out of time', 'TimeoutError'));
  }, deadline.ms);
  const work = run(bounded);
  // What a tool throws after its time is nobody's any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, passed]);
  } finally {
    clearTimeout(timer);
  }
}
