import { type Rounds, ratio } from './measure.ts';

/** What the project promises of itself: a ratio between two contestants of one run. */
export interface Goal {
  readonly measure: string;
  /** Whether `bound` is the least that is promised, or the most. */
  readonly atLeast: boolean;
  readonly bound: number;
  /** The ratio, from the rounds of a run. */
  reach(rounds: Readonly<Record<string, Rounds>>): number;
}

const between =
  (a: string, b: string) =>
  (rounds: Readonly<Record<string, Rounds>>): number =>
    ratio(rounds[a] ?? [], rounds[b] ?? []);

/** The goals on one runtime. */
export function goals(runtime: string): readonly Goal[] {
  return [
    {
      measure: 'tools/call, N = 100: throughput against the SDK handler with McpServer',
      atLeast: true,
      bound: 10,
      reach: between('SDK, tools/call, N = 100', 'ours, tools/call, N = 100'),
    },
    {
      measure: 'tools/call: time at N = 1000 against N = 1',
      atLeast: false,
      bound: 1.1,
      reach: between('ours, tools/call, N = 1000', 'ours, tools/call, N = 1'),
    },
    {
      measure: 'tools/list, N = 100: throughput against the SDK handler with McpServer',
      atLeast: true,
      bound: 40,
      reach: between('SDK, tools/list, N = 100', 'ours, tools/list, N = 100'),
    },
    {
      measure: 'tools/call, N = 10, the whole chain: time against a bare handler',
      atLeast: false,
      // Parsing and building a response cost Bun so little that everything else weighs more.
      bound: runtime === 'bun' ? 5 : 2.5,
      reach: between('ours, tools/call, N = 10', 'bare, tools/call'),
    },
  ];
}
