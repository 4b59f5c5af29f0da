import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '@mcp-everywhere/platform';
import { appDirectory } from '../../src/apps/workspace.ts';
import { azureLane } from './azure.ts';
import type { ColdLane } from './cold-lane.ts';
import { lambdaLane } from './lambda.ts';
import { netlifyLane } from './netlify.ts';
import { processLanes } from './processes.ts';
import { vercelLane } from './vercel.ts';

interface Entry {
  /** A file that the app's build leaves; none where the runtime builds what it starts. */
  readonly built?: string;
  readonly lane: (directory: string) => ColdLane | Promise<ColdLane>;
}

const LANES: Readonly<Record<Target, Entry>> = {
  node: { built: 'dist/main.mjs', lane: (directory) => processLanes(directory).node },
  bun: { built: 'dist/main.js', lane: (directory) => processLanes(directory).bun },
  deno: { built: 'dist/main.mjs', lane: (directory) => processLanes(directory).deno },
  cloudflare: { lane: (directory) => processLanes(directory).cloudflare },
  netlify: { built: '.netlify/functions/manifest.json', lane: netlifyLane },
  azure: { built: 'dist/app/host.json', lane: azureLane },
  lambda: { built: 'dist/index.mjs', lane: lambdaLane },
  vercel: { built: '.vercel/output/config.json', lane: vercelLane },
};

/**
 * @param directory an empty one, for what the app keeps
 * @throws {Error} where the app is not built
 */
export async function coldLane(target: Target, directory: string): Promise<ColdLane> {
  const { built, lane } = LANES[target];
  if (built !== undefined) await refuseUnbuilt(target, join(appDirectory(target), built));
  return lane(directory);
}

async function refuseUnbuilt(target: Target, file: string): Promise<void> {
  try {
    await access(file);
  } catch (cause) {
    const build = `npx -y pnpm@12.18.0 --filter @mcp-everywhere/app-${target} build`;
    throw new Error(`apps/${target} is not built: there is no ${file}. Build it: ${build}`, { cause });
  }
}
