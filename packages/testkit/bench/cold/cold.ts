import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TARGETS } from '@mcp-everywhere/platform';
import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { markdownTable } from 'markdown-table';
import { median, ratio } from '../measure.ts';
import type { ColdLane } from './cold-lane.ts';
import { coldLane } from './lanes.ts';

const ROUNDS = 10;
/** What the server may add to a function that does nothing, on Node. */
const AT_MOST = 2.5;

/** A row of the table, and whether the goal is met. */
interface Result {
  readonly met: boolean;
  readonly row: string[];
}

/**
 * `pnpm bench:cold [--check] [target …]`: starts each app's build and a bare handler on the same local runtime, in turns,
 * and times both from the start of the process to the first answer, which of ours is that to a `tools/call`. With
 * `--check` the exit code is 1 where the goal is missed.
 */
await startProcess(async () => {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !TARGETS.some((target) => target === name));
  if (unknown.length > 0) {
    throw new Error(`There is no target ${unknown.join(', ')}. The targets: ${TARGETS.join(', ')}.`);
  }
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-cold-'));
  const lanes: ColdLane[] = [];
  const results: Result[] = [];
  try {
    for (const target of TARGETS.filter((name) => positionals.length === 0 || positionals.includes(name))) {
      lanes.push(await coldLane(target, await mkdtemp(join(directory, `${target}-`))));
    }
    for (const lane of lanes) {
      process.stderr.write(`Measuring ${lane.target} …\n`);
      results.push(await measured(lane));
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  const header = ['target', 'bare', 'ours', 'ratio', 'goal', 'met'];
  process.stdout.write(`\n${markdownTable([header, ...results.map(({ row }) => row)])}\n`);
  process.exit(values.check && results.some(({ met }) => !met) ? 1 : 0);
});

async function measured({ target, onNode, ours, bare }: ColdLane): Promise<Result> {
  const times = { ours: [] as number[], bare: [] as number[] };
  // The first start of each fills the caches of the system, and counts for neither.
  await bare();
  await ours();
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(await bare());
    times.ours.push(await ours());
  }
  const reached = ratio(times.ours, times.bare);
  const met = !onNode || reached <= AT_MOST;
  const row = [
    target,
    `${median(times.bare).toFixed(0)} ms`,
    `${median(times.ours).toFixed(0)} ms`,
    `${reached.toFixed(2)} x`,
    onNode ? `at most ${AT_MOST} x` : 'none',
    met ? 'yes' : 'NO',
  ];
  return { met, row };
}
