import { join } from 'node:path';
import { appDirectory, environmentWith } from '../../src/apps/workspace.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { type BuiltFunction, readBuildOutput } from '../../src/vercel/build-output.ts';
import { startInstance } from '../../src/vercel/instance.ts';
import { CALL, type ColdLane, type ColdStart, hello } from './cold-lane.ts';

export async function vercelLane(): Promise<ColdLane> {
  const { functions } = await readBuildOutput(join(appDirectory('vercel'), '.vercel/output'));
  const ours = functions.get('api/index');
  if (ours === undefined) throw new Error('The build of apps/vercel has no function for requests.');
  return {
    target: 'vercel',
    onNode: true,
    ours: started(ours),
    bare: started({ ...ours, directory: hello('vercel'), handler: 'index.mjs' }),
  };
}

function started(built: BuiltFunction): ColdStart {
  const environment = environmentWith({
    KV_REST_API_URL: 'http://127.0.0.1:1',
    KV_REST_API_TOKEN: 'not-read',
    VERCEL_DEPLOYMENT_ID: 'dpl_local',
    VERCEL_REGION: 'dev1',
  });
  return async () => {
    const start = performance.now();
    const instance = await startInstance(built, environment);
    if (instance === undefined) throw new Error('The function did not start.');
    const response = await fetch(`http://${LOOPBACK}:${instance.port}/mcp`, CALL);
    const body = await response.text();
    const ms = performance.now() - start;
    await instance.kill();
    if (!response.ok) throw new Error(`The function did not answer: ${response.status} ${body}`);
    return ms;
  };
}
