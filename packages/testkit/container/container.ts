import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { BASES } from '../src/container/engine.ts';
import { findOrInstallEngine } from '../src/container/find-engine.ts';
import { goals } from './goals.ts';
import { measureReadiness } from './readiness.ts';
import { measureSize } from './size.ts';

/**
 * `pnpm container [--check]`: builds infra/docker/Dockerfile as it is, on both bases, has the containers pass the suite,
 * and measures them. The exit code is 1 where a test fails, and with `--check` where a goal is missed.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const engine = await findOrInstallEngine();
print(`Building and running with ${engine.name}`);
if (!engine.limitsMemory) print('It holds no container to a memory limit: that is NOT tested.');

for (const base of BASES) await timed(`Built on ${base}`, () => engine.build(base));
await timed('Tested', () =>
  execa('vitest', ['run', '--config', 'container/vitest.config.ts'], { preferLocal: true, stdio: 'inherit' }),
);

const size = await measureSize(engine, 'scratch');
const readiness = await measureReadiness(engine);
print('\nReady, median of the rounds, in ms since the process began (in brackets: since the engine was called)');
for (const { what, sinceBegin, sinceCall } of readiness) {
  print(`  ${what.padEnd(22)} ${sinceBegin.toFixed(0)} (${sinceCall.toFixed(0)})`);
}
print('\nGoals');
const reached = goals(size, readiness);
for (const { measure, bound, value, unit } of reached) {
  const verdict = value <= bound ? 'met' : 'MISSED';
  print(`  ${measure.padEnd(44)} ${value.toFixed(2)} ${unit}, at most ${bound} ${unit}: ${verdict}`);
}
if (values.check && reached.some(({ bound, value }) => value > bound)) process.exit(1);

async function timed(what: string, run: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  await run();
  print(`${what} in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
