import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * Puts what was built in the place of what was built before, file by file: whoever reads it meanwhile finds each file whole,
 * the old one or the new one. What the new build has not is removed.
 *
 * @param built a directory on the same volume as `directory`; it is gone afterwards
 * @param directory is there all the time, if it was before
 */
export async function replaceFiles(built: string, directory: string): Promise<void> {
  const files = await filesIn(built);
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await rename(join(built, file), join(directory, file));
  }
  for (const file of await filesIn(directory)) {
    if (!files.includes(file)) await rm(join(directory, file), { force: true });
  }
  await rm(built, { recursive: true });
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)));
}
