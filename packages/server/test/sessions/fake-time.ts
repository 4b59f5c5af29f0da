import { vi } from 'vitest';

/** The real one, whatever is faked later. */
const inRealTime = setTimeout;
const STEPS = 50;
const STEP_MS = 10;

/**
 * Has faked time pass until something holds, in steps that take some real time, too: what is computed in between, such as a
 * digest, would sleep through one long step. Passes no more than `withinMs`; then the test's own time limit is all there is.
 */
export async function passesUntil(withinMs: number, holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step++) {
    await new Promise<void>((resolve) => inRealTime(resolve, STEP_MS));
    if (step < STEPS) await vi.advanceTimersByTimeAsync(withinMs / STEPS);
  }
}

/** Has faked time pass until a promise settles, as `passesUntil` does. */
export async function passesFor<T>(withinMs: number, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await passesUntil(withinMs, () => settled);
  return promise;
}
