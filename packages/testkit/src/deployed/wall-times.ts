import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Target } from '@mcp-everywhere/platform';

const ROOT = new URL('../../../../', import.meta.url);

/** Where an app's own configuration says how long its requests may run, and how to read it there. */
interface Configured {
  readonly file: string;
  readonly seconds: RegExp;
}

const CONFIGURED = {
  lambda: { file: 'infra/sam/template.yaml', seconds: /^ +Timeout: (\d+)$/m },
  vercel: { file: 'apps/vercel/vercel.json', seconds: /"maxDuration": (\d+)\b/ },
} as const satisfies Partial<Record<Target, Configured>>;

type ConfiguredTarget = keyof typeof CONFIGURED;

/** Whether an app configures how long its requests may run; every other leaves it at the platform's default. */
export function configuresWallTime(target: Target): target is ConfiguredTarget {
  return target in CONFIGURED;
}

/**
 * How long a request of an app may run as it is deployed, in milliseconds, by the platform's own configuration file.
 *
 * @throws {Error} where the file no longer says it
 */
export async function deployedWallTime(target: ConfiguredTarget): Promise<number> {
  const configured: Configured = CONFIGURED[target];
  const file = new URL(configured.file, ROOT);
  const [, seconds] = configured.seconds.exec(await readFile(file, 'utf8')) ?? [];
  if (seconds === undefined) throw new Error(`${fileURLToPath(file)} does not say how long a request may run.`);
  return Number(seconds) * 1000;
}
