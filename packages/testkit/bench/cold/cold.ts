import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import { median, ratio } from '../measure.ts';
import type { ColdLane } from './cold-lane.ts';
import { coldLanes } from './lanes.ts';

const ROUNDS = 10;
/** What the server may add to a function that does nothing, on Node. */
const AT_MOST = 2.5;

/**
 * `pnpm bench:cold [--check] [target …]`: starts each app's build and a bare handler on the same local runtime, in turns,
 * and times both from the start of the process to the first answer, which of ours is that to a `tools/call`. With
 * `--check` the exit code is 1 where the goal is missed.
 */
const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-cold-'));
const lanes = (await coldLanes(directory)).filter(
  ({ target }) => positionals.length === 0 || positionals.includes(target),
);
const rows: string[][] = [];
let missed = false;
try {
  for (const lane of lanes) {
    process.stderr.write(`Measuring ${lane.target} …\n`);
    rows.push(await measured(lane));
  }
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
process.stdout.write(`\n${markdownTable([['target', 'bare', 'ours', 'ratio', 'goal', 'met'], ...rows])}\n`);
process.exit(values.check && missed ? 1 : 0);

async function measured({ target, onNode, ours, bare }: ColdLane): Promise<string[]> {
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
  missed ||= !met;
  return [
    target,
    `${median(times.bare).toFixed(0)} ms`,
    `${median(times.ours).toFixed(0)} ms`,
    `${reached.toFixed(2)} x`,
    onNode ? `at most ${AT_MOST} x` : 'none',
    met ? 'yes' : 'NO',
  ];
}
