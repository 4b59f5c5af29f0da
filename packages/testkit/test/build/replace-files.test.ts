import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { replaceFiles } from '../../src/build/replace-files.ts';

const root = await mkdtemp(join(tmpdir(), 'replace-files-'));
afterAll(() => rm(root, { recursive: true }));

async function built(...files: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(root, 'built-'));
  await mkdir(join(directory, 'in'));
  for (const file of files) await writeFile(join(directory, file), directory);
  return directory;
}

it('leaves the files of the new build, and none of the old one', async () => {
  const directory = join(root, 'output');
  await replaceFiles(await built('kept', 'in/old'), directory);
  const next = await built('kept', 'in/new');
  await replaceFiles(next, directory);
  expect((await readdir(directory, { recursive: true })).sort()).toEqual(['in', join('in', 'new'), 'kept']);
  expect(await readFile(join(directory, 'kept'), 'utf8')).toBe(next);
});

it('never lets a reader find nothing, or half a file, also while two build at once', async () => {
  const directory = join(root, 'read');
  await replaceFiles(await built('kept', 'in/file'), directory);
  const builds = await Promise.all(Array.from({ length: 20 }, () => built('kept', 'in/file')));
  let building = true;
  const replaced = Promise.all(builds.map((one) => replaceFiles(one, directory))).finally(() => {
    building = false;
  });
  while (building) expect(await readFile(join(directory, 'in/file'), 'utf8')).toMatch(/built-\w{6}$/);
  await replaced;
  expect((await readdir(directory)).sort()).toEqual(['in', 'kept']);
});
