import { nextTick } from 'node:process';
import type { RedisSwap } from './redis-engine.ts';

/** While a script runs, Redis does nothing else: so many take it a quarter of a millisecond. */
const MAX_SWAPS = 64;
/** The same for large records, in characters. */
const MAX_CHARACTERS = 256 * 1024;

interface Waiting {
  readonly swap: RedisSwap;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * Makes one command of the compare-and-sets that are asked for in one turn of the event loop: what a command costs, the
 * system calls above all, is then paid once. Nobody waits for others to come: what is there when the turn ends is sent.
 *
 * @param send runs them in this order and gives an answer for each; where it rejects, all of them do
 */
export function swapsInBatches(
  send: (swaps: readonly RedisSwap[]) => Promise<readonly unknown[]>,
): (swap: RedisSwap) => Promise<unknown> {
  let waiting: Waiting[] = [];
  let characters = 0;

  const flush = () => {
    const batch = waiting;
    if (batch.length === 0) return;
    waiting = [];
    characters = 0;
    send(batch.map(({ swap }) => swap)).then(
      (answers) => {
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  };

  return (swap) =>
    new Promise((resolve, reject) => {
      const { length } = swap.args[2];
      if (waiting.length === MAX_SWAPS || characters + length > MAX_CHARACTERS) flush();
      if (waiting.length === 0) nextTick(flush);
      waiting.push({ swap, resolve, reject });
      characters += length;
    });
}
