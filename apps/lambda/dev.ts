import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { dynamoDbStore } from '@mcp-everywhere/platform/state/dynamodb';
import { announce, onBuilt, ownEnvironment } from '@mcp-everywhere/testkit/build';
import { deployedWallTime } from '@mcp-everywhere/testkit/deployed';
import { FRONTS, type Front, type LocalLambda, startLocalLambda } from '@mcp-everywhere/testkit/lambda';
import { context } from 'esbuild';
import { bundle } from './build.ts';

// The function as it is deployed, in an environment like Lambda's: builds it, unless told that it is built, and again on changes.
await startProcess(async () => {
  const { values } = parseArgs({
    options: { front: { type: 'string', default: 'function-url' }, built: { type: 'boolean', default: false } },
  });
  const { host, port, statePath } = readProcessSettings(process.env, 'lambda', '.state/dynamodb');
  let lambda: LocalLambda | undefined;
  const building = values.built ? undefined : await context({ ...bundle, plugins: [onBuilt(() => lambda?.renew())] });
  await building?.rebuild();
  const started = await startLocalLambda({
    directory: fileURLToPath(new URL('dist', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    front: frontNamed(values.front),
    timeoutSeconds: (await deployedWallTime('lambda')) / 1000,
    environment: ownEnvironment(),
  });
  lambda = started;
  await building?.watch();
  exitOnSignal({
    drain: started.drain,
    close: async () => {
      await building?.dispose();
      await started.close();
    },
  });
  await announce('lambda', originOf(host, port), dynamoDbStore({ tableName: 'not read' }));
});

function frontNamed(name: string): Front {
  const front = FRONTS.find((candidate) => candidate === name);
  if (front === undefined) throw new Error(`Unknown front "${name}". There are: ${FRONTS.join(', ')}`);
  return front;
}
