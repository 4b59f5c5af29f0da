import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { App } from '../apps/app.ts';
import { appDirectory } from '../apps/workspace.ts';

/** What an app brings along to be built and served. */
const COPIED = /^(src|api|[\w.-]+\.(ts|json|toml))$/;
/** What is too large to be copied; of some apps there is none. */
const LINKED = ['node_modules', 'cli'];

/**
 * Has an app that is built before it is served serve the suite's surface: a copy of it is built, whose `tsconfig.json` says
 * where the catalogue is. What the app itself builds is left alone.
 *
 * @param options.build what builds it, where its server does not
 */
export function copied(app: App, { build }: { readonly build?: string } = {}): App {
  return {
    ...app,
    async command(placement) {
      const { args, env, file } = await app.command(placement);
      const cwd = join(placement.stateDirectory, 'app');
      await copyApp(app.name, cwd);
      const built = { ...env, STATE_PATH: join(placement.stateDirectory, 'state') };
      if (build !== undefined) await execa(file, [build], { cwd, env: built });
      return { file, args: args.filter((arg) => arg !== '--built'), cwd, env: built };
    },
  };
}

async function copyApp(name: string, directory: string): Promise<void> {
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
}
