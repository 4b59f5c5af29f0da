import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle, NODE_FUNCTION, replaceFiles, reportSizes } from '@mcp-everywhere/testkit/build';
import vercel from './vercel.json' with { type: 'json' };

const root = fileURLToPath(new URL('.', import.meta.url));
/** https://vercel.com/docs/build-output-api */
const OUTPUT = '.vercel/output';
const FUNCTION = 'functions/api/index.func';
/** What `vercel build` finds that api/index.js needs, package.json because it says that this is an ES module. */
const FILES = ['api/index.js', 'dist/index.mjs', 'package.json', 'vercel.json'];
/** In a function every file has its place in the repository. */
const PLACE = 'apps/vercel';

export const bundle = {
  ...NODE_FUNCTION,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/index.mjs',
  external: ['../vercel.json'],
};

/**
 * Writes what is deployed, from the bundle: the function that `vercel build` makes of api/index.js and vercel.json, file by
 * file, and the route to it.
 */
export async function writeBuildOutput(): Promise<void> {
  await mkdir(join(root, OUTPUT), { recursive: true });
  // Beside it, and then in its place: `dev` may be running on what is there.
  const built = await mkdtemp(join(root, `${OUTPUT}-`));
  for (const file of FILES) await cp(join(root, file), join(built, FUNCTION, PLACE, file));
  await write(join(built, FUNCTION, '.vc-config.json'), {
    handler: `${PLACE}/api/index.js`,
    runtime: 'nodejs24.x',
    launcherType: 'Nodejs',
    ...vercel.functions['api/index.js'],
  });
  const rewrites = vercel.rewrites.map(({ source, destination }) => ({
    src: `^${source}$`,
    dest: destination,
    check: true,
  }));
  await write(join(built, 'config.json'), { version: 3, routes: [{ handle: 'filesystem' }, ...rewrites] });
  await replaceFiles(built, join(root, OUTPUT));
}

async function write(file: string, content: object): Promise<void> {
  await writeFile(file, JSON.stringify(content, undefined, 2));
}

if (import.meta.main) {
  await buildBundle(bundle);
  await writeBuildOutput();
  await reportSizes(root, [`${OUTPUT}/${FUNCTION}/${PLACE}/dist/index.mjs`]);
}
