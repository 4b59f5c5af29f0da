import { writeFile } from 'node:fs/promises';
import { CONFORMANCE_APPS } from '../src/conformance/conformance-app.ts';
import { conform } from '../src/conformance/suite/conform.ts';
import { conformancePage, matrix } from '../src/conformance/suite/page.ts';
import type { Verdict } from '../src/conformance/suite/verdict.ts';

/**
 * `pnpm conformance [target…]`: runs the official suite against every app, or those that are named, and prints how many
 * scenarios pass. The exit code is 1 where that is not what the baseline says, 2 for an unknown target. A run of every app
 * writes docs/conformance.md.
 */
const named = process.argv.slice(2);
const names = CONFORMANCE_APPS.map(({ name }) => name);
const unknown = named.filter((name) => !names.some((known) => known === name));
if (unknown.length > 0) {
  process.stderr.write(`There is no target ${unknown.join(', ')}. There are ${names.join(', ')}.\n`);
  process.exit(2);
}

const apps = CONFORMANCE_APPS.filter(({ name }) => named.length === 0 || named.includes(name));
const verdicts: Verdict[] = [];
for (const app of apps) {
  process.stderr.write(`${app.name} …\n`);
  verdicts.push(...(await conform(app)));
}
const problems = verdicts.flatMap((verdict) => verdict.problems);
process.stdout.write(`${[matrix(verdicts), '', ...problems].join('\n')}\n`);
if (apps.length === CONFORMANCE_APPS.length) {
  await writeFile(new URL('../../../docs/conformance.md', import.meta.url), conformancePage(verdicts));
}
if (problems.length > 0) process.exitCode = 1;
