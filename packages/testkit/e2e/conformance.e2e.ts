import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CONFORMANCE_APPS } from '../src/conformance/conformance-app.ts';
import { conform } from '../src/conformance/suite/conform.ts';
import { matrix } from '../src/conformance/suite/page.ts';

/** A row of the matrix, however wide its columns are. */
const cells = (row: string | undefined) => row?.split('|').map((cell) => cell.trim());

/** The others are built first, while their own lanes build them too: `pnpm conformance` runs all, one after another. */
const LONG_LIVED = CONFORMANCE_APPS.filter(({ name }) => ['node', 'bun', 'deno', 'cloudflare'].includes(name));

// The suite waits most of its time, for one second or another.
describe.concurrent('the official conformance suite', () => {
  it.each(LONG_LIVED)(
    'finds of apps/$name what the baseline and docs/conformance.md say',
    async (app) => {
      const verdicts = await conform(app);
      expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
      const page = await readFile(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
      const written = page.split('\n').find((line) => line.startsWith(`| ${app.name} `));
      expect(cells(written)).toEqual(cells(matrix(verdicts).split('\n').at(-1)));
    },
    300_000,
  );
});
