import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle, NODE_FUNCTION, replaceFiles, reportSizes } from '@mcp-everywhere/testkit/build';
import type { Plugin } from 'esbuild';
import vercel from './vercel.json' with { type: 'json' };

const root = fileURLToPath(new URL('.', import.meta.url));
/** https://vercel.com/docs/build-output-api */
const OUTPUT = '.vercel/output';
/** What `vercel build` finds that each file in api needs, package.json because it says that this is an ES module. */
const FILES = ['dist/index.mjs', 'package.json', 'vercel.json'];
/** In a function every file has its place in the repository. */
const PLACE = 'apps/vercel';

/** Nobody here verifies another's OIDC token; what does is a tenth of the whole. */
const withoutVerification: Plugin = {
  name: 'without-verification',
  setup({ onLoad }) {
    onLoad({ filter: /@vercel[\\/]oidc[\\/]dist[\\/]verify-vercel-oidc-token\.js$/ }, () => ({ contents: '' }));
  },
};

export const bundle = {
  ...NODE_FUNCTION,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/index.mjs',
  // Nothing is traced here.
  external: ['../vercel.json', '@opentelemetry/api'],
  // Vercel's OIDC client without what asks the CLI on a developer's machine for a token.
  conditions: ['module', 'edge-light'],
  plugins: [withoutVerification],
};

/**
 * Writes what is deployed, from the bundle: the functions that `vercel build` makes of api and vercel.json, file by file, and
 * the route to the one that takes requests.
 */
export async function writeBuildOutput(): Promise<void> {
  await mkdir(join(root, OUTPUT), { recursive: true });
  // Beside it, and then in its place: `dev` may be running on what is there.
  const built = await mkdtemp(join(root, `${OUTPUT}-`));
  for (const [file, settings] of Object.entries(vercel.functions)) {
    const directory = join(built, directoryOf(file));
    for (const needed of [file, ...FILES]) await cp(join(root, needed), join(directory, PLACE, needed));
    await write(join(directory, '.vc-config.json'), {
      handler: `${PLACE}/${file}`,
      runtime: 'nodejs24.x',
      launcherType: 'Nodejs',
      ...settings,
      ...('experimentalTriggers' in settings && {
        experimentalTriggers: settings.experimentalTriggers.map((trigger) => ({
          ...trigger,
          consumer: consumerOf(file),
        })),
      }),
    });
  }
  const rewrites = vercel.rewrites.map(({ source, destination }) => ({
    src: `^${source}$`,
    dest: destination,
    check: true,
  }));
  await write(join(built, 'config.json'), { version: 3, routes: [{ handle: 'filesystem' }, ...rewrites] });
  await replaceFiles(built, join(root, OUTPUT));
}

/** Of a function in the output. */
function directoryOf(file: string): string {
  return `functions/${file.replace(/\.js$/, '')}.func`;
}

/** The consumer group that `vercel build` makes of a function's path. */
function consumerOf(file: string): string {
  return file.replaceAll('_', '__').replaceAll('/', '_S').replaceAll('.', '_D');
}

async function write(file: string, content: object): Promise<void> {
  await writeFile(file, JSON.stringify(content, undefined, 2));
}

if (import.meta.main) {
  await buildBundle(bundle);
  await writeBuildOutput();
  const functions = Object.keys(vercel.functions).map(directoryOf);
  await reportSizes(
    root,
    functions.map((directory) => `${OUTPUT}/${directory}/${PLACE}/dist/index.mjs`),
  );
}
