import { join } from 'node:path';
import { execa } from 'execa';
import type { App } from './app.ts';
import { appDirectory, environmentWith } from './workspace.ts';

const cwd = appDirectory('lambda');
let built: Promise<unknown> | undefined;

/**
 * Builds apps/lambda, once a process.
 *
 * @returns the directory of the bundle
 */
export async function builtLambda(): Promise<string> {
  built ??= execa(process.execPath, ['build.ts'], { cwd });
  await built;
  return join(cwd, 'dist');
}

/** apps/lambda as it is deployed: the bundle, in processes of its own that an emulator of the Runtime API freezes and thaws. */
export const lambdaApp: App = {
  name: 'lambda',
  runtime: 'node',
  stateKind: 'dynamodb',
  queue: 'sqs',
  queueEndsWithLaunch: true,
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  async command({ port, stateDirectory, settings }) {
    await builtLambda();
    return {
      file: process.execPath,
      args: ['dev.ts', '--built'],
      cwd,
      env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'dynamodb') }),
    };
  },
};
