import { detectRuntime } from '@mcp-everywhere/platform';
import { bare, ours, requestOf, sdk } from './contestants.ts';
import { type Goal, goals } from './goals.ts';
import { measure, median, type Rounds } from './measure.ts';

/** What one runtime measured. */
export interface Measurement {
  readonly runtime: string;
  /** Median microseconds a request, by contestant. */
  readonly micros: Readonly<Record<string, number>>;
  readonly goals: readonly (Goal & { readonly reached: number; readonly met: boolean })[];
}

const call = requestOf('tools/call');
const list = requestOf('tools/list');
const sizes = [1, 10, 100, 1000];

/** Measures on the runtime this is started with, and prints a {@link Measurement} as JSON. */
async function main(): Promise<void> {
  const runtime = detectRuntime();
  const chain = ours(10);
  const answer = await (await chain(call())).text();
  const rounds: Record<string, Rounds> = {
    ...(await measure({
      'bare, tools/call': { handler: bare(answer), request: call },
      ...Object.fromEntries(
        sizes.map((size) => [
          `ours, tools/call, N = ${size}`,
          { handler: size === 10 ? chain : ours(size), request: call },
        ]),
      ),
      'SDK, tools/call, N = 100': { handler: sdk(100), request: call },
    })),
    ...(await measure({
      'ours, tools/list, N = 100': { handler: ours(100), request: list },
      'SDK, tools/list, N = 100': { handler: sdk(100), request: list },
    })),
  };
  const measurement: Measurement = {
    runtime: `${runtime.name} ${runtime.version}`,
    micros: Object.fromEntries(Object.entries(rounds).map(([name, values]) => [name, median(values)])),
    goals: goals(runtime.name).map((goal) => {
      const reached = goal.reach(rounds);
      return { ...goal, reached, met: goal.atLeast ? reached >= goal.bound : reached <= goal.bound };
    }),
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

await main();
