import { join } from 'node:path';
import { execa } from 'execa';
import type { App } from './app.ts';
import { appDirectory, environmentWith } from './workspace.ts';

const cwd = appDirectory('vercel');
let built: Promise<unknown> | undefined;

/**
 * Builds apps/vercel, once a process.
 *
 * @returns the directory of what is deployed
 */
export async function builtVercel(): Promise<string> {
  built ??= execa(process.execPath, ['build.ts'], { cwd });
  await built;
  return join(cwd, '.vercel/output');
}

/** apps/vercel as it is deployed: the build output, in a process of its own behind what stands in for Vercel's router. */
export const vercelApp: App = {
  name: 'vercel',
  runtime: 'node',
  stateKind: 'vercel-kv',
  queue: 'vercel-queues',
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  async command({ port, stateDirectory, settings }) {
    await builtVercel();
    return {
      file: process.execPath,
      args: ['dev.ts', '--built'],
      cwd,
      env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'redis') }),
    };
  },
};
