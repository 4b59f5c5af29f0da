import { expect, it } from 'vitest';
import type { App } from '../apps/app.ts';
import { EXCEPTIONS, type PlatformException } from '../exceptions.ts';

const used = new Set<PlatformException>();

/**
 * Declares a case of the suite for a target. Where an exception excuses the target, the case must fail, and in the way
 * the exception says.
 *
 * @param timeoutMs where the case takes longer than most
 */
export function laneCase(target: App['name'], name: string, run: () => Promise<void>, timeoutMs?: number): void {
  const exception = EXCEPTIONS.find((candidate) => candidate.target === target && candidate.case === name);
  if (exception === undefined) {
    it(name, run, timeoutMs);
    return;
  }
  used.add(exception);
  it(
    `cannot, because ${exception.reason}: ${name}`,
    async () => {
      const thrown: unknown = await run().catch((error: unknown) => error);
      expect(thrown, 'The case passes now: take its exception out of exceptions.ts.').toBeInstanceOf(Error);
      expect(thrown instanceof Error && thrown.message).toMatch(exception.symptom);
    },
    timeoutMs,
  );
}

/** Declares the case that no exception of a target is left without its case; comes after all others. */
export function noStaleExceptions(target: App['name']): void {
  it('has a case for every exception', () => {
    const stale = EXCEPTIONS.filter((exception) => exception.target === target && !used.has(exception));
    expect(stale).toEqual([]);
  });
}
