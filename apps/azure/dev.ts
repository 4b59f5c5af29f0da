import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { azureTableStore } from '@mcp-everywhere/platform/state/azure-table';
import { hasCoreTools, type LocalAzure, startCoreTools, startLocalAzure } from '@mcp-everywhere/testkit/azure';
import { announce, onBuilt, ownEnvironment } from '@mcp-everywhere/testkit/build';
import { context } from 'esbuild';
import { assemble, bundle } from './build.ts';

// The function app as it is deployed, on the host that Core Tools bring where they are installed, else on the testkit's:
// builds it, unless told that it is built, and again on changes.
await startProcess(async () => {
  const { values } = parseArgs({
    options: { built: { type: 'boolean', default: false }, 'local-host': { type: 'boolean', default: false } },
  });
  const { host, port, statePath } = readProcessSettings(process.env, 'azure', '.state/azurite');
  let azure: LocalAzure | undefined;
  const onBuild = async () => {
    await assemble();
    azure?.renew();
  };
  const building = values.built ? undefined : await context({ ...bundle, plugins: [onBuilt(onBuild)] });
  await building?.rebuild();
  const start = !values['local-host'] && (await hasCoreTools()) ? startCoreTools : startLocalAzure;
  const started = await start({
    directory: fileURLToPath(new URL('dist/app', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    environment: ownEnvironment(),
  });
  azure = started;
  await building?.watch();
  exitOnSignal({
    drain: started.drain,
    close: async () => {
      await building?.dispose();
      await started.close();
    },
  });
  const state = azureTableStore({ tableName: 'unread', connectionString: 'UseDevelopmentStorage=true' });
  await announce('azure', originOf(host, port), state);
});
