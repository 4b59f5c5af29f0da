import { join } from 'node:path';
import type { App } from './app.ts';
import { appDirectory, environmentWith } from './workspace.ts';

const cwd = appDirectory('node');

/** apps/node on the Node that runs the tests: the workspace brings it as a dependency, and puts it first in the PATH of every script. */
export const nodeApp: App = {
  name: 'node',
  runtime: 'node',
  stateKind: 'sqlite',
  queue: 'sqlite',
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  command: ({ port, stateDirectory, settings }) => ({
    file: process.execPath,
    args: ['src/main.ts'],
    cwd,
    env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'state.sqlite') }),
  }),
};
