import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { platformCli } from '@mcp-everywhere/testkit/build';

const directory = fileURLToPath(new URL('cli', import.meta.url));

const PROGRAMS = { netlify: 'netlify-cli/bin/run.js', build: '@netlify/build/bin.js' };

/**
 * Runs one of Netlify's own programs in this folder. The signals that would stop this process stop it.
 *
 * @param options for Node, before the program; and variables of its environment, besides those of this process
 * @returns its exit code; 0 where it was stopped
 */
export async function run(
  program: keyof typeof PROGRAMS,
  args: readonly string[],
  { options = [], environment = {} }: { options?: readonly string[]; environment?: Record<string, string> } = {},
): Promise<number> {
  const file = join(await platformCli(directory), '..', PROGRAMS[program]);
  const cli = spawn(process.execPath, [...options, file, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: 'inherit',
    // Asks nobody, and reports on nobody.
    env: { ...process.env, ...environment, CI: '1' },
  });
  let stopped = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopped = true;
      cli.kill(signal);
    });
  }
  const [code] = await once(cli, 'exit');
  if (stopped) return 0;
  return typeof code === 'number' ? code : 1;
}
