import { describe, expect, it } from 'vitest';
import { fuzzOnce } from '../src/fuzz/fuzz-run.ts';
import { FUZZ_TARGETS } from '../src/fuzz/targets.ts';

const MESSAGES = 600;
/** Beside the other lanes, which share two cores with it. */
const WITHIN_MS = 180_000;
/** Always the same messages, so that a change fails by what it changed; `pnpm fuzz` takes others each time. */
const SEED = 5;

/** The short form of `pnpm fuzz`: no look at memory. */
describe('generated and mutated messages of both eras', () => {
  for (const target of FUZZ_TARGETS) {
    for (const sessions of [false, true]) {
      it(
        `bring no failure, no hang and no word of its inside out of ${target.app.name}, sessions ${sessions ? 'on' : 'off'}`,
        async () => {
          const { problems } = await fuzzOnce({ target, sessions, seed: SEED }, MESSAGES);
          expect(problems).toEqual([]);
        },
        WITHIN_MS,
      );
    }
  }
});
