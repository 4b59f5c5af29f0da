import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { App } from '../apps/app.ts';
import { nodeApp } from '../apps/node.ts';
import { appDirectory, environmentWith } from '../apps/workspace.ts';

/** What an app brings along to be built and served. */
const COPIED = /^(src|api|[\w.-]+\.(ts|json|toml))$/;
/** What is too large to be copied; of some apps there is none. */
const LINKED = ['node_modules', 'cli'];

/**
 * Has an app that is built before it is served serve the suite's surface: a copy of it is built, whose `tsconfig.json` says
 * where the catalogue is. What the app itself builds is left alone.
 */
export function copied(app: App): App {
  return {
    ...app,
    // The copy is, when it is known where it is launched.
    build: async () => {},
    async command(placement) {
      const { args, env, file } = await app.command(placement);
      const cwd = await builtCopy(app.name, placement.stateDirectory);
      return { file, args, cwd, env: { ...env, STATE_PATH: join(placement.stateDirectory, 'state') } };
    },
  };
}

/**
 * Builds a copy of the Node app that serves the suite's surface, once for many launches: of two instances of one program, and
 * of two hundred, each reads a few built files instead of all sources.
 *
 * @param directory an existing one, which outlives every launch
 */
export async function builtNode(directory: string): Promise<App> {
  const cwd = await builtCopy(nodeApp.name, directory);
  return {
    ...nodeApp,
    command: async (placement) => ({ ...(await nodeApp.command(placement)), args: ['dist/main.mjs'], cwd }),
  };
}

/** @returns where the copy is */
async function builtCopy(name: string, within: string): Promise<string> {
  const directory = join(within, 'app');
  const original = appDirectory(name);
  await mkdir(directory);
  await cp(original, directory, {
    recursive: true,
    filter: (path) => path === original || COPIED.test(relative(original, path).split(sep)[0] ?? ''),
  });
  for (const link of LINKED) {
    await symlink(join(original, link), join(directory, link), 'junction');
  }
  const surface = fileURLToPath(new URL('surface.ts', import.meta.url));
  const compilerOptions = { paths: { '@mcp-everywhere/tools/catalogue': [surface] } };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await execa(process.execPath, ['build.ts'], { cwd: directory, env: environmentWith({}), extendEnv: false });
  return directory;
}
