import { join } from 'node:path';
import { permissionsOf } from '@mcp-everywhere/app-deno/permissions';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import type { App, Placement } from './app.ts';
import { appDirectory, dependencyFile, environmentWith } from './workspace.ts';

const cwd = appDirectory('deno');
// The binary itself: the package's launcher script waits for it synchronously, so a signal would kill only the script.
const file = dependencyFile('deno', 'deno', process.platform === 'win32' ? 'deno.exe' : 'deno');

/** apps/deno on the workspace's Deno, with the app's own permissions and what the settings add to them. */
export const denoApp: App = {
  name: 'deno',
  runtime: 'deno',
  stateKind: 'deno-kv',
  queue: 'deno-kv',
  exitsCleanly: true,
  runtimeNotice:
    /^(Warning Permissions in the config file is an experimental feature|Deno\.serve: request\.signal aborts on successful responses)/,
  version: { file, args: ['--version'], cwd, env: environmentWith({}) },
  command: (placement) => ({
    file,
    args: ['run', '-P', '--no-prompt', ...permissionFlags(placement), 'src/main.ts'],
    cwd,
    env: environmentWith({
      ...placement.settings,
      PORT: String(placement.port),
      STATE_PATH: join(placement.stateDirectory, 'state.kv'),
    }),
  }),
};

/** A flag replaces deno.json's list of its kind, so each is whole; what has no flag stays as deno.json has it. */
function permissionFlags({ stateDirectory, settings }: Placement): string[] {
  const hosts = settings.FETCH_PAGE_HOSTS?.split(',') ?? [];
  return [
    `--allow-net=${[...permissionsOf(catalogueSurface).net, ...hosts].join(',')}`,
    `--allow-read=${stateDirectory}`,
    `--allow-write=${stateDirectory}`,
  ];
}
