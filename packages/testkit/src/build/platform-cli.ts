import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { takeLock } from '../launch/lock.ts';

/** What says which packages there are, and which of them may run a script. */
const PINS = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
const PNPM = 'pnpm@12.18.0';

/**
 * A platform's own CLI, installed where it is missing or of another version than its lockfile says. Each is hundreds of
 * megabytes, so none is part of the workspace: only what runs one fetches it.
 *
 * @param directory a workspace of its own, with a `package.json`, `pnpm-lock.yaml` and `pnpm-workspace.yaml`
 * @returns the directory of its executables
 * @throws {Error} with pnpm's output, where it cannot be installed
 *
 * @example
 * const bin = await platformCli(fileURLToPath(new URL('cli', import.meta.url)));
 * await execa(join(bin, 'netlify'), ['--version']);
 */
export async function platformCli(directory: string): Promise<string> {
  const stamp = join(directory, 'node_modules/.installed');
  const pins = createHash('sha256');
  for (const file of PINS) pins.update(await readFile(join(directory, file)));
  const wanted = pins.digest('hex');
  const isInstalled = async () => (await readFile(stamp, 'utf8').catch(() => undefined)) === wanted;
  if (!(await isInstalled())) {
    await oneAtATime(join(directory, '.installing'), async () => {
      if (await isInstalled()) return;
      process.stderr.write(`Installing the platform's CLI into ${directory}, once\n`);
      const [file, ...args] = pnpm();
      await execa(file, [...args, 'install', '--frozen-lockfile'], { cwd: directory, stdin: 'ignore' });
      await writeFile(stamp, wanted);
    });
  }
  return join(directory, 'node_modules/.bin');
}

/** The pnpm that runs this script, or else one through npx. */
function pnpm(): [file: string, ...args: string[]] {
  const { npm_execpath: running = '' } = process.env;
  return /^pnpm(\.exe)?$/.test(basename(running)) ? [running] : ['npx', '-y', PNPM];
}

/** Two lanes at once must not install into one folder. */
async function oneAtATime(file: string, run: () => Promise<void>): Promise<void> {
  let lock = takeLock(file);
  while (lock === undefined) {
    await delay(100);
    lock = takeLock(file);
  }
  try {
    await run();
  } finally {
    lock.release();
  }
}
