import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import type { Measurement } from './run.ts';

/**
 * `pnpm bench [--check] [--json FILE]`: measures on Node and on Bun, one after the other, prints the ratios, and writes
 * everything as JSON. With `--check` the exit code is 1 where a goal is missed.
 */
const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, json: { type: 'string', default: 'dist/bench.json' } },
});

const run = new URL('run.ts', import.meta.url).pathname;
const measurements: Measurement[] = [];
for (const command of ['node', 'bun']) {
  process.stderr.write(`Measuring on ${command} …\n`);
  const { stdout } = await execa(command, [run], { preferLocal: true });
  measurements.push(JSON.parse(stdout));
}

for (const { runtime, micros, goals } of measurements) {
  process.stdout.write(`\n${runtime}\n`);
  console.table(Object.fromEntries(Object.entries(micros).map(([name, us]) => [name, { 'us (median)': round(us) }])));
  console.table(
    goals.map(({ measure, atLeast, bound, reached, met }) => ({
      measure,
      goal: `${atLeast ? 'at least' : 'at most'} ${bound} x`,
      reached: `${round(reached)} x`,
      met: met ? 'yes' : 'NO',
    })),
  );
}
await mkdir(dirname(values.json), { recursive: true });
await writeFile(values.json, `${JSON.stringify(measurements, null, 2)}\n`);
process.stdout.write(`\nWritten to ${values.json}\n`);

const missed = measurements.flatMap(({ goals }) => goals.filter(({ met }) => !met));
if (values.check && missed.length > 0) process.exit(1);

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
