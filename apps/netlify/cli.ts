import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { platformCli } from '@mcp-everywhere/testkit/build';

const directory = fileURLToPath(new URL('cli', import.meta.url));

/**
 * Runs Netlify's own CLI in this folder. The signals that would stop this process stop it.
 *
 * @param options for Node, before the CLI
 * @returns its exit code; 0 where it was stopped
 */
export async function netlify(args: readonly string[], options: readonly string[] = []): Promise<number> {
  const program = join(await platformCli(directory), '../netlify-cli/bin/run.js');
  const cli = spawn(process.execPath, [...options, program, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: 'inherit',
    // Asks nobody, and reports on nobody.
    env: { ...process.env, CI: '1' },
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
