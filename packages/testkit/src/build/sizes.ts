import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Prints how large the files of a build are, e.g. `dist/index.mjs 960 KiB, dist/function.zip 310 KiB`. */
export async function reportSizes(directory: string, files: readonly string[]): Promise<void> {
  const sizes = await Promise.all(
    files.map(async (file) => `${file} ${kib((await stat(join(directory, file))).size)}`),
  );
  process.stdout.write(`${sizes.join(', ')}\n`);
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
