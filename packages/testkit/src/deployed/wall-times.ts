import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Target } from '@mcp-everywhere/platform';
import { LIMITS, readTimeSpan } from '@mcp-everywhere/platform/limits';
import * as z from 'zod';

const ROOT = new URL('../../../../', import.meta.url);

/** Where an app's own configuration says how long its requests may run, and how to read it there, in milliseconds. */
interface Configured {
  readonly file: string;
  readonly read: (text: string) => number | undefined;
}

const CONFIGURED = {
  azure: { file: 'apps/azure/host.json', read: (text) => frontEndOr(functionTimeout(text)) },
  lambda: { file: 'infra/sam/template.yaml', read: (text) => wholeSeconds(/^ +Timeout: (\d+)$/m, text) },
  vercel: { file: 'apps/vercel/vercel.json', read: (text) => wholeSeconds(/"maxDuration": (\d+)\b/, text) },
} as const satisfies Partial<Record<Target, Configured>>;

const hostJson = z.object({ functionTimeout: z.string() });

function functionTimeout(text: string): number | undefined {
  const { data } = hostJson.safeParse(JSON.parse(text));
  return data && readTimeSpan(data.functionTimeout);
}

/** However long a function may run, Azure's front end waits no longer than this for its answer. */
function frontEndOr(ms: number | undefined): number | undefined {
  const { default: frontEnd } = LIMITS.azure.wallTimeMs;
  return ms === undefined || typeof frontEnd !== 'number' ? ms : Math.min(ms, frontEnd);
}

function wholeSeconds(pattern: RegExp, text: string): number | undefined {
  const [, seconds] = pattern.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

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
  const ms = configured.read(await readFile(file, 'utf8'));
  if (ms === undefined) throw new Error(`${fileURLToPath(file)} does not say how long a request may run.`);
  return ms;
}
