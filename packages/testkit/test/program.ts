import { fileURLToPath } from 'node:url';
import type { App } from '../src/apps/app.ts';
import { environmentWith } from '../src/apps/workspace.ts';

/** One of the small programs of this directory, as an app. */
export function program(name: string, settings: Record<string, string> = {}): App {
  const cwd = fileURLToPath(new URL('./programs', import.meta.url));
  return {
    name: 'node',
    runtime: 'node',
    stateKind: 'none',
    queue: 'none',
    exitsCleanly: true,
    version: { file: process.execPath, args: ['--version'], cwd, env: {} },
    command: ({ port }) => ({
      file: process.execPath,
      args: [name],
      cwd,
      env: environmentWith({ TARGET: 'node', ...settings, PORT: String(port) }),
    }),
  };
}
