import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { azureLane } from './azure.ts';
import type { ColdLane } from './cold-lane.ts';
import { lambdaLane } from './lambda.ts';
import { netlifyLane } from './netlify.ts';
import { processLanes } from './processes.ts';
import { vercelLane } from './vercel.ts';

/** @param directory an empty one, for what the apps keep */
export async function coldLanes(directory: string): Promise<readonly ColdLane[]> {
  return [
    ...processLanes(directory),
    await netlifyLane(await mkdtemp(join(directory, 'netlify-'))),
    await azureLane(await mkdtemp(join(directory, 'azure-'))),
    lambdaLane(),
    await vercelLane(),
  ];
}
