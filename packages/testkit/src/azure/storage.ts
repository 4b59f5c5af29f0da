import { mkdir } from 'node:fs/promises';
import { type Azurite, startAzurite } from '../engines/azurite.ts';

/** Where the app keeps its tables and queues on this machine. */
export interface LocalStorage {
  /** What has been started for it; nothing where the environment names a storage account. */
  readonly engine: Azurite | undefined;
  readonly connectionString: string;
}

/**
 * The storage account that the environment names as `AzureWebJobsStorage`, or else an azurite of the app's own.
 *
 * @param path a directory for what it holds
 */
export async function storageOf(environment: Readonly<Record<string, string>>, path: string): Promise<LocalStorage> {
  const { AzureWebJobsStorage: given } = environment;
  if (given) return { engine: undefined, connectionString: given };
  await mkdir(path, { recursive: true });
  const engine = await startAzurite({ path });
  return { engine, connectionString: engine.connectionString(engine.url) };
}
