import { readFile } from 'node:fs/promises';
import type { Target } from '@mcp-everywhere/platform';

/**
 * Reads a JSON file of what an app's build leaves.
 *
 * @throws {Error} with how to build it, where the file is not there
 */
export async function readBuilt(file: string, app: Target): Promise<unknown> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw missing
      ? new Error(
          `apps/${app} is not built: there is no ${file}. Build it: npx -y pnpm@12.18.0 --filter @mcp-everywhere/app-${app} build`,
          { cause },
        )
      : cause;
  });
  return JSON.parse(content);
}
