import { join } from 'node:path';
import getPort from 'get-port';
import type { App } from './app.ts';
import { appDirectory, dependencyFile, environmentWith } from './workspace.ts';

const cwd = appDirectory('cloudflare');
const wrangler = dependencyFile('cloudflare', 'wrangler', 'bin/wrangler.js');

/** apps/cloudflare in workerd, under `wrangler dev`. */
export const cloudflareApp: App = {
  name: 'cloudflare',
  runtime: 'workerd',
  stateKind: 'durable-object',
  queue: 'durable-object',
  // wrangler dies of SIGTERM (143) within 50 ms, and leaves workerd to whoever ends its process group.
  exitsCleanly: false,
  version: {
    file: process.execPath,
    args: [join(dependencyFile('cloudflare', 'wrangler', '..'), 'workerd/bin/workerd'), '--version'],
    cwd,
    env: environmentWith({}),
  },
  command: async ({ port, stateDirectory, settings }) => ({
    file: process.execPath,
    args: [
      wrangler,
      'dev',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--inspector-port=${await getPort({ host: '127.0.0.1' })}`,
      `--persist-to=${stateDirectory}`,
      '--show-interactive-dev-session=false',
      ...Object.entries(settings).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    cwd,
    env: environmentWith({
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(stateDirectory, 'logs'),
      // Else it finds other development servers of this machine, and they it.
      WRANGLER_REGISTRY_PATH: join(stateDirectory, 'registry'),
    }),
  }),
};
