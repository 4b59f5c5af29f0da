import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import getPort from 'get-port';
import { appDirectory, environmentWith } from '../../src/apps/workspace.ts';
import { startLocalAzure } from '../../src/azure/local-azure.ts';
import { NODE_FUNCTION } from '../../src/build/bundle.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { CALL, type ColdLane, type ColdStart, hello } from './cold-lane.ts';

/** @param directory an empty one, for the bare app, which is bundled as ours is */
export async function azureLane(directory: string): Promise<ColdLane> {
  const ours = join(appDirectory('azure'), 'dist/app');
  for (const file of ['host.json', 'package.json']) await cp(join(ours, file), join(directory, file));
  await build({
    ...NODE_FUNCTION,
    entryPoints: [hello('azure/main.mjs')],
    outfile: join(directory, 'main.mjs'),
    external: ['@azure/functions-core'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return { target: 'azure', onNode: true, ours: started(ours), bare: started(directory) };
}

function started(directory: string): ColdStart {
  // No storage is started for an app that has one.
  const environment = environmentWith({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  return async () => {
    const port = await getPort({ host: LOOPBACK, reserve: true });
    const start = performance.now();
    const azure = await startLocalAzure({ directory, host: LOOPBACK, port, stateDirectory: directory, environment });
    const response = await fetch(`http://${LOOPBACK}:${port}/mcp`, CALL);
    const body = await response.text();
    const ms = performance.now() - start;
    await azure.close();
    if (!response.ok) throw new Error(`The function did not answer: ${response.status} ${body}`);
    return ms;
  };
}
