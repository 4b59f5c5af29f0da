import { join } from 'node:path';
import type { App } from './app.ts';
import { appDirectory, builtApp, environmentWith } from './workspace.ts';

const cwd = appDirectory('vercel');

/** Builds apps/vercel, once a process. @returns the directory of what is deployed */
export const builtVercel = async (): Promise<string> => join(await builtApp('vercel'), '.vercel/output');

/** apps/vercel as it is deployed: the build output, in a process of its own behind what stands in for Vercel's router. */
export const vercelApp: App = {
  name: 'vercel',
  runtime: 'node',
  stateKind: 'vercel-kv',
  queue: 'vercel-queues',
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  build: builtVercel,
  command({ port, stateDirectory, settings }) {
    return {
      file: process.execPath,
      args: ['dev.ts', '--built'],
      cwd,
      env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'redis') }),
    };
  },
};
