import type { Handler } from './contestants.ts';

/** One thing to time: a handler, and the request it is sent. */
export interface Entry {
  readonly handler: Handler;
  readonly request: () => Request;
}

/** Microseconds a request, one figure a round. */
export type Rounds = readonly number[];

const ROUNDS = 31;
const WARM_UP_ROUNDS = 6;
/** How long one entry runs in one round, so that slow and fast entries get the same share of the machine's moods. */
const ROUND_MS = 25;

/**
 * Times the entries side by side: in every round each runs once, one after the other, so that whatever else the machine
 * does meets all of them. What is timed is what a runtime and a client do: build the request, answer it, read the body.
 *
 * @returns for each entry the microseconds a request took, one figure a round, warm-up left out
 */
export async function measure<Name extends string>(entries: Record<Name, Entry>): Promise<Record<Name, Rounds>> {
  const names = Object.keys(entries) as Name[];
  const counts = new Map<Name, number>();
  for (const name of names) {
    const micros = await time(entries[name], 5);
    counts.set(name, Math.max(5, Math.round((ROUND_MS * 1000) / micros)));
  }
  const rounds = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const name of names) {
      const micros = await time(entries[name], counts.get(name) ?? 1);
      if (round >= WARM_UP_ROUNDS) rounds[name].push(micros);
    }
  }
  return rounds;
}

async function time({ handler, request }: Entry, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await (await handler(request())).arrayBuffer();
  return ((performance.now() - start) * 1000) / count;
}

/** The median. */
export function median(values: Rounds): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** How many times as long `a` took as `b`: the median of the rounds' own ratios, in which a slow round cancels out. */
export function ratio(a: Rounds, b: Rounds): number {
  return median(a.map((micros, round) => micros / (b[round] ?? Number.NaN)));
}
