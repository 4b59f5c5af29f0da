import { join } from 'node:path';
import type { App } from './app.ts';
import { appDirectory, builtApp, environmentWith } from './workspace.ts';

const cwd = appDirectory('lambda');

/** Builds apps/lambda, once a process. @returns the directory of the bundle */
export const builtLambda = async (): Promise<string> => join(await builtApp('lambda'), 'dist');

/** apps/lambda as it is deployed: the bundle, in processes of its own that an emulator of the Runtime API freezes and thaws. */
export const lambdaApp: App = {
  name: 'lambda',
  runtime: 'node',
  stateKind: 'dynamodb',
  queue: 'sqs',
  queueEndsWithLaunch: true,
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  build: builtLambda,
  command({ port, stateDirectory, settings }) {
    return {
      file: process.execPath,
      args: ['dev.ts', '--built'],
      cwd,
      env: environmentWith({ ...settings, PORT: String(port), STATE_PATH: join(stateDirectory, 'dynamodb') }),
    };
  },
};
