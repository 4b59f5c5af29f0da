import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { appDirectory, environmentWith } from '../../src/apps/workspace.ts';
import { unpack } from '../../src/netlify/artifact.ts';
import { eventOf } from '../../src/netlify/event.ts';
import { HANDLER } from '../../src/netlify/local-netlify.ts';
import { type ColdLane, hello, RECEIVED_CALL } from './cold-lane.ts';
import { functionStart } from './lambda.ts';

/** @param directory an empty one, for the unpacked functions */
export async function netlifyLane(directory: string): Promise<ColdLane> {
  const built = await unpack(join(appDirectory('netlify'), '.netlify/functions'), directory);
  const server = built.find(({ name }) => name === 'server');
  if (server === undefined) throw new Error('The build of apps/netlify has no function "server".');
  // The bare handler between the same lines of Netlify's own that its build puts around every function.
  const bare = await mkdtemp(join(directory, 'hello-'));
  await cp(server.directory, bare, { recursive: true });
  await cp(hello('netlify/server.mjs'), join(bare, 'server.mjs'));
  const url = new URL(RECEIVED_CALL.target, 'http://127.0.0.1');
  const event = eventOf(RECEIVED_CALL, url, { siteID: 'local', url: 'http://127.0.0.1:1', token: 'not-read' });
  const started = (functionDirectory: string) =>
    functionStart(
      { directory: functionDirectory, handler: HANDLER, timeoutSeconds: 30, environment: environmentWith({}) },
      event,
    );
  return { target: 'netlify', onNode: true, ours: started(server.directory), bare: started(bare) };
}
