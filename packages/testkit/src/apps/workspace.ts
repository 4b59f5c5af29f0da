import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The root of this workspace. */
export const workspaceRoot = fileURLToPath(new URL('../../../..', import.meta.url));

/** The directory of an app of this workspace. */
export function appDirectory(name: string): string {
  return fileURLToPath(new URL(`../../../../apps/${name}`, import.meta.url));
}

const builds = new Map<string, Promise<unknown>>();

/**
 * Builds an app as its own script `build` does, once a process.
 *
 * @returns its directory
 */
export async function builtApp(name: string): Promise<string> {
  const cwd = appDirectory(name);
  const build = builds.get(name) ?? execa(process.execPath, ['build.ts'], { cwd });
  builds.set(name, build);
  await build;
  return cwd;
}

/**
 * A file of a package that an app depends on: the workspace's own copy of a runtime, whatever the PATH holds.
 *
 * @throws where the app has no such dependency installed
 */
export function dependencyFile(app: string, dependency: string, file: string): string {
  const resolve = createRequire(join(appDirectory(app), 'package.json')).resolve;
  return join(dirname(resolve(`${dependency}/package.json`)), file);
}

/** Variables every program needs to run at all; a developer's PORT or MCP_* must not reach a test. */
const BASE_VARIABLES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'LOCALAPPDATA',
  'APPDATA',
  'SystemRoot',
  // Where vitest.config.ts has compiled code kept.
  'NODE_COMPILE_CACHE',
];

/** The environment of a launched program. */
export function environmentWith(settings: Readonly<Record<string, string>>): Record<string, string> {
  const base = BASE_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(base), NO_COLOR: '1', ...settings };
}
