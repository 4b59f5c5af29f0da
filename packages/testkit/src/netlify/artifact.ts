import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { unzipSync } from 'fflate';
import * as z from 'zod';
import { readBuilt } from '../build/read-built.ts';

const route = z.object({
  pattern: z.string(),
  literal: z.string().optional(),
  expression: z.string().optional(),
  methods: z.array(z.string()).default([]),
});
const manifest = z.object({
  functions: z.array(
    z.object({
      // It becomes the name of a directory.
      name: z.string().regex(/^[\w-]+$/),
      path: z.string(),
      invocationMode: z.enum(['stream', 'background']),
      routes: z.array(route).default([]),
      excludedRoutes: z.array(route).default([]),
    }),
  ),
});

export type Route = z.output<typeof route>;

/** A function as it is deployed. */
export interface BuiltFunction {
  readonly name: string;
  readonly invocationMode: 'stream' | 'background';
  /** The paths it is called by; none where it is called by its name. */
  readonly routes: readonly Route[];
  readonly excludedRoutes: readonly Route[];
  /** Where its archive is unpacked. */
  readonly directory: string;
}

/**
 * Unpacks what `netlify build` leaves: an archive a function, and the manifest that says how each is called.
 *
 * @param directory of the manifest and the archives
 * @param into a directory for the functions; what is there of an earlier build is replaced
 * @throws {Error} where nothing is built, or a function or a file of one would be outside of `into`
 */
export async function unpack(directory: string, into: string): Promise<BuiltFunction[]> {
  const { functions } = manifest.parse(await readBuilt(join(directory, 'manifest.json'), 'netlify'));
  return Promise.all(
    functions.map(async ({ path, ...built }) => {
      const target = join(into, built.name);
      // The manifest has the path that the archive had where it was built.
      await extract(join(directory, basename(path)), target);
      return { ...built, directory: target };
    }),
  );
}

async function extract(archive: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  for (const [name, content] of Object.entries(unzipSync(await readFile(archive)))) {
    const file = join(into, name);
    if (relative(into, file).split(sep)[0] === '..') throw new Error(`${archive} has a file outside of it: ${name}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
