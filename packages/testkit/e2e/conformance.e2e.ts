import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SUBJECTS } from '../src/conformance/subjects.ts';
import { conform } from '../src/conformance/suite/conform.ts';
import { matrix } from '../src/conformance/suite/page.ts';
import { hasRedis } from '../src/engines/redis.ts';

/** A row of the matrix, however wide its columns are. */
const cells = (row: string | undefined) => row?.split('|').map((cell) => cell.trim());

const redisIsThere = await hasRedis();

/**
 * The others are built first, while their own lanes build them too; a process a request has the machine busy for a minute.
 * `pnpm conformance` runs all, one after another.
 */
const FAST = ['node', 'bun', 'deno', 'cloudflare', ...(redisIsThere ? ['node-cluster'] : [])];

// The suite waits most of its time, for one second or another.
describe.concurrent('the official conformance suite', () => {
  it.each(SUBJECTS.filter(({ name }) => FAST.includes(name)))(
    'finds of $name what the baseline and docs/conformance.md say',
    async (subject) => {
      const verdicts = await conform(subject);
      expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
      const page = await readFile(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
      const written = page.split('\n').find((line) => line.startsWith(`| ${subject.name} `));
      expect(cells(written)).toEqual(cells(matrix(verdicts).split('\n').at(-1)));
    },
    300_000,
  );
});
