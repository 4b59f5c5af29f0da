import type { AtomicStore } from '@mcp-everywhere/platform';
import { Failure, failure } from '../result.ts';

/** What to do about the value that was read: what to answer, and what to write, if anything. */
export interface Change<Result> {
  readonly result: Result;
  readonly write?: { readonly value: string; readonly ttlSeconds: number };
}

// A race is lost only to a call that won, so n calls at once need at most n attempts each.
const MAX_ATTEMPTS = 64;

/**
 * Reads a value, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer value. So calls
 * at once all count, whatever their order.
 *
 * @param decide gets the live value or `undefined`, may run several times, and changes nothing itself; a failure is
 *   passed on and nothing is written
 * @returns the `result` of the decision that was written, or a failure
 *
 * @example
 * await updateState(ctx.state, 'visits', (held) => {
 *   const visits = Number(held ?? 0) + 1;
 *   return { result: visits, write: { value: String(visits), ttlSeconds: 3600 } };
 * });
 */
export async function updateState<Result>(
  state: AtomicStore,
  key: string,
  decide: (held: string | undefined) => Change<Result> | Failure,
): Promise<Result | Failure> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const held = await state.read(key);
    const change = decide(held?.value);
    if (change instanceof Failure) return change;
    const { result, write } = change;
    if (write === undefined) return result;
    if (await state.compareAndSet(key, held?.version ?? 'absent', write.value, write.ttlSeconds)) return result;
  }
  return failure('Too many calls change this at the same time, so nothing was changed. Call again in a moment.');
}
