import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SUBJECTS } from '../src/conformance/subjects.ts';
import { conform } from '../src/conformance/suite/conform.ts';
import { matrix } from '../src/conformance/suite/page.ts';
import { hasRedis } from '../src/engines/redis.ts';

/** A row of the matrix, however wide its columns are. */
const cells = (row: string | undefined) => row?.split('|').map((cell) => cell.trim());

const redisIsThere = await hasRedis();

/** Those whose instances share nothing but a Redis. */
const ON_REDIS = ['node-cluster', 'node-killed'];

// The suite gives a server half a second for some of its checks. So this lane runs before all others, with the machine to
// itself (the script `e2e`), and takes on three subjects at once: the suite waits most of its time.
describe.concurrent('the official conformance suite', () => {
  it.each(SUBJECTS.filter(({ name }) => redisIsThere || !ON_REDIS.includes(name)))(
    'finds of $name what the baseline, docs/conformance.md and the README say',
    async (subject) => {
      const verdicts = await conform(subject);
      expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
      for (const page of ['docs/conformance.md', 'README.md']) {
        const text = await readFile(new URL(`../../../${page}`, import.meta.url), 'utf8');
        const written = text.split('\n').find((line) => line.startsWith(`| ${subject.name} `));
        expect(cells(written), page).toEqual(cells(matrix(verdicts).split('\n').at(-1)));
      }
    },
    300_000,
  );
});
