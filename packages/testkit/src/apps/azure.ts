import { join } from 'node:path';
import { type Azurite, startAzurite } from '../engines/azurite.ts';
import type { App } from './app.ts';
import { appDirectory, builtApp, environmentWith } from './workspace.ts';

const cwd = appDirectory('azure');

/** Builds apps/azure, once a process. @returns the directory of what deploys */
export const builtAzure = async (): Promise<string> => join(await builtApp('azure'), 'dist/app');

/**
 * Storage is another machine: it does not end with the app, however that ends. Azurite writes to its disk every five
 * seconds, so one that were killed with the app would lose what no outage of a function app loses.
 */
const storages = new Map<string, Promise<Azurite>>();

function storageFor(stateDirectory: string): Promise<Azurite> {
  const storage = storages.get(stateDirectory) ?? startAzurite();
  storages.set(stateDirectory, storage);
  return storage;
}

/** apps/azure as it is deployed: the folder, loaded by a host of the testkit's own as the real one loads it. */
export const azureApp: App = {
  name: 'azure',
  runtime: 'node',
  stateKind: 'azure-table',
  queue: 'storage-queue',
  exitsCleanly: true,
  version: { file: process.execPath, args: ['--version'], cwd, env: environmentWith({}) },
  build: builtAzure,
  async command({ port, stateDirectory, settings }) {
    const storage = await storageFor(stateDirectory);
    return {
      file: process.execPath,
      args: ['dev.ts', '--built', '--local-host'],
      cwd,
      env: environmentWith({
        ...settings,
        PORT: String(port),
        AzureWebJobsStorage: storage.connectionString(storage.url),
      }),
    };
  },
  async release(stateDirectory) {
    const storage = storages.get(stateDirectory);
    storages.delete(stateDirectory);
    await (await storage)?.stop();
  },
};
