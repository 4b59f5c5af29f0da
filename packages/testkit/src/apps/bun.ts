import { join } from 'node:path';
import type { App } from './app.ts';
import { appDirectory, dependencyFile, environmentWith } from './workspace.ts';

const cwd = appDirectory('bun');
// Named so on every system: the package's install script puts the system's own binary there.
const file = dependencyFile('bun', 'bun', 'bin/bun.exe');

/** apps/bun on the workspace's Bun. */
export const bunApp: App = {
  name: 'bun',
  runtime: 'bun',
  stateKind: 'sqlite',
  queue: 'sqlite',
  exitsCleanly: true,
  version: { file, args: ['--version'], cwd, env: environmentWith({}) },
  command: ({ port, stateDirectory, settings }) => ({
    file,
    args: ['src/main.ts'],
    cwd,
    env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'state.sqlite') }),
  }),
};
