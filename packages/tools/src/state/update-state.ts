import type { AtomicStore } from '@mcp-everywhere/platform';
import { Failure, failure } from '../result.ts';

/** What to do about the value that was read: what to answer, and what to write, if anything. */
export interface Change<Result> {
  readonly result: Result;
  readonly write?: { readonly value: string; readonly ttlSeconds: number };
}

/** How long an update goes on. */
interface Bounds {
  /** A race is lost only to a call that won, so n calls at once need at most n attempts each; 64, where it is not said. */
  readonly maxAttempts?: number;
  /** Once it has fired nothing is written any more, except for what is on its way to the store. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_ATTEMPTS = 64;

/**
 * Reads a value, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer value. So calls
 * at once all count, whatever their order.
 *
 * @param decide gets the live value or `undefined`, may run several times, and changes nothing itself; a failure is
 *   passed on and nothing is written
 * @returns the `result` of the decision that was written, or a failure
 * @throws the signal's reason
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
  { maxAttempts = MAX_ATTEMPTS, signal }: Bounds = {},
): Promise<Result | Failure> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const held = await state.read(key);
    signal?.throwIfAborted();
    const change = decide(held?.value);
    if (change instanceof Failure) return change;
    const { result, write } = change;
    if (write === undefined) return result;
    if (await state.compareAndSet(key, held?.version ?? 'absent', write.value, write.ttlSeconds)) return result;
  }
  return failure('Too many calls change this at the same time, so nothing was changed. Call again in a moment.');
}
