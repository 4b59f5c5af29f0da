import type { Deadline } from '@mcp-everywhere/platform/limits';
import type { Call } from '../context/tool-context.ts';

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
  // The platform counts from the first byte: what came before the work is gone.
  const left = deadline.ms - (Date.now() - (call.arrivedAt ?? Date.now()));
  const timer = setTimeout(
    () => {
      resolve(TIMED_OUT);
      over.abort(new DOMException('The call ran out of time', 'TimeoutError'));
    },
    Math.max(0, left),
  );
  const work = run(bounded);
  // What a tool throws after its time is nobody's any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, passed]);
  } finally {
    clearTimeout(timer);
  }
}
