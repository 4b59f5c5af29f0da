import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const SDK_SHIMS = fileURLToPath(import.meta.resolve('@mcp-everywhere/server/sdk-shims'));

/**
 * How a function for Node is bundled, whichever platform runs it: one minified ES module with everything in it. The
 * clients' ES modules come before their CommonJS ones, which are larger and cannot be required from an ES module.
 */
export const NODE_FUNCTION = {
  bundle: true,
  minify: true,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  charset: 'utf8',
  mainFields: ['module', 'main'],
  alias: { '@modelcontextprotocol/server/_shims': SDK_SHIMS },
} as const satisfies BuildOptions;

/**
 * Bundles, and leaves esbuild's account of what went in as `dist/meta.json`. The check of the modules may read it while a
 * lane builds its app anew, so it is never half written.
 */
export async function buildBundle(options: BuildOptions & { absWorkingDir: string }): Promise<void> {
  const { metafile } = await build({ ...options, metafile: true });
  const account = join(options.absWorkingDir, 'dist/meta.json');
  await writeFile(`${account}.${process.pid}`, JSON.stringify(metafile));
  await rename(`${account}.${process.pid}`, account);
}
