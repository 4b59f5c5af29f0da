import { join, relative } from 'node:path';
import type { App } from './app.ts';
import { appDirectory, builtApp, environmentWith } from './workspace.ts';

const cwd = appDirectory('netlify');
/** What opens its background function on this machine. */
export const JOBS_SECRET = 'correct-horse-battery-staple-4711';

/** Builds apps/netlify, once a process. @returns the directory of what `netlify build` left */
export const builtNetlify = async (): Promise<string> => join(await builtApp('netlify'), '.netlify/functions');

/** What is the same however it is launched. */
const netlify = {
  name: 'netlify',
  runtime: 'node',
  stateKind: 'netlify-blobs',
  queue: 'background-function',
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
} satisfies Partial<App>;

/** apps/netlify as it is deployed: the archives that Netlify's own build made, on an emulator of what it runs them on. */
export const netlifyApp: App = {
  ...netlify,
  build: builtNetlify,
  command({ port, stateDirectory, settings }) {
    return {
      file: process.execPath,
      args: ['preview.ts'],
      cwd,
      // Relative, as the default is.
      env: environmentWith({
        JOBS_SECRET,
        ...settings,
        PORT: String(port),
        STATE_PATH: relative(cwd, stateDirectory),
      }),
    };
  },
};

/** apps/netlify as it is developed: the bundled functions under Netlify's own emulator, each call in a thread of its own. */
export const netlifyDevApp: App = {
  ...netlify,
  command: ({ port, stateDirectory, settings }) => ({
    file: process.execPath,
    args: ['dev.ts'],
    cwd,
    env: environmentWith({ JOBS_SECRET, ...settings, PORT: String(port), STATE_PATH: stateDirectory }),
  }),
};
