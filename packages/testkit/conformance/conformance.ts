import { readFile, writeFile } from 'node:fs/promises';
import { SUBJECTS } from '../src/conformance/subjects.ts';
import { conform } from '../src/conformance/suite/conform.ts';
import { conformancePage, matrix, withMatrix } from '../src/conformance/suite/page.ts';
import type { Verdict } from '../src/conformance/suite/verdict.ts';

/**
 * `pnpm conformance [name…]`: runs the official suite against every app and the cluster, or those that are named, and prints
 * how many scenarios pass. The exit code is 1 where that is not what the baseline says, 2 for an unknown name. A run of all
 * writes docs/conformance.md, and the table of the README.
 */
const named = process.argv.slice(2);
const names = SUBJECTS.map(({ name }) => name);
const unknown = named.filter((name) => !names.some((known) => known === name));
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(', ')}. There are ${names.join(', ')}.\n`);
  process.exit(2);
}

const subjects = SUBJECTS.filter(({ name }) => named.length === 0 || named.includes(name));
const verdicts: Verdict[] = [];
for (const subject of subjects) {
  process.stderr.write(`${subject.name} …\n`);
  verdicts.push(...(await conform(subject)));
}
const problems = verdicts.flatMap((verdict) => verdict.problems);
process.stdout.write(`${[matrix(verdicts), '', ...problems].join('\n')}\n`);
if (subjects.length === SUBJECTS.length) {
  const page = new URL('../../../docs/conformance.md', import.meta.url);
  const readme = new URL('../../../README.md', import.meta.url);
  await writeFile(page, conformancePage(verdicts));
  await writeFile(readme, withMatrix(await readFile(readme, 'utf8'), verdicts));
}
if (problems.length > 0) process.exitCode = 1;
