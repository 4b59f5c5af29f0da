import { EnvironmentError, type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import { LIMITS, readTimeSpan, TIME_SPAN_RULE } from '@mcp-everywhere/platform/limits';
import type { AzureTableOptions } from '@mcp-everywhere/platform/state/azure-table';
import * as z from 'zod';
import host from '../host.json' with { type: 'json' };
import { managedIdentity } from './managed-identity.ts';

// The names are Azure's, for the storage account that the host itself keeps its keys and leases in
// (https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity).
const variables = z.object({
  /** The account with its key. */
  AzureWebJobsStorage: z.string().optional(),
  /** The account by its name, entered with the app's managed identity. */
  AzureWebJobsStorage__accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, 'give its name, 3 to 24 lower-case letters and digits, not its address')
    .optional(),
  /** The same by its address: in a cloud that is not Azure's public one, or with a DNS zone of its own. */
  AzureWebJobsStorage__tableServiceUri: z.url().optional(),
  /** Which identity, where it is not the app's own. */
  AzureWebJobsStorage__clientId: z.string().optional(),
  /** What overrides host.json (https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values). */
  AzureFunctionsJobHost__functionTimeout: z
    .string()
    .refine((text) => readTimeSpan(text) !== undefined, TIME_SPAN_RULE)
    .default(host.functionTimeout),
  STATE_TABLE: z.string().default('mcpstate'),
  /** Azure sets it. */
  REGION_NAME: z.string().optional(),
});

const NO_ACCOUNT =
  'Missing environment variable AzureWebJobsStorage, AzureWebJobsStorage__accountName or ' +
  'AzureWebJobsStorage__tableServiceUri: the server needs one of them, for its state. On Azure: ' +
  'az functionapp config appsettings set --settings AzureWebJobsStorage__accountName=<name>';

interface StorageAccount {
  readonly AzureWebJobsStorage__accountName?: string | undefined;
  readonly AzureWebJobsStorage__tableServiceUri?: string | undefined;
}

/** What the app itself reads from its environment. */
export interface Settings {
  readonly table: AzureTableOptions;
  readonly region: string | undefined;
  /** In milliseconds; `undefined` where the limits table has it right. */
  readonly wallTimeMs: number | undefined;
}

/** @throws {Error} where a variable is missing or invalid, or there is no way into the storage account */
export function readSettings(environment: EnvironmentSource): Settings {
  const [given] = readEnvironment([{ neededBy: 'the server', variables }], environment, 'azure');
  return {
    table: { tableName: given.STATE_TABLE, ...accountOf(given, environment) },
    region: given.REGION_NAME,
    wallTimeMs: wallTime(given.AzureFunctionsJobHost__functionTimeout),
  };
}

/** As the host has it: a connection string comes before all else. */
function accountOf(given: z.output<typeof variables>, environment: EnvironmentSource) {
  const { AzureWebJobsStorage: connectionString, AzureWebJobsStorage__clientId: clientId } = given;
  if (connectionString !== undefined) return { connectionString };
  const endpoint = tableEndpoint(given);
  if (endpoint === undefined) throw new EnvironmentError([NO_ACCOUNT]);
  return { endpoint, credential: managedIdentity(environment, clientId) };
}

function tableEndpoint({
  AzureWebJobsStorage__tableServiceUri: uri,
  AzureWebJobsStorage__accountName: account,
}: StorageAccount): string | undefined {
  return uri ?? (account && `https://${account}.table.core.windows.net`);
}

/** The function's own time-out, where it is over before the front end's. */
function wallTime(functionTimeout: string): number | undefined {
  const ms = readTimeSpan(functionTimeout);
  const { default: frontEnd } = LIMITS.azure.wallTimeMs;
  return ms === Number.POSITIVE_INFINITY || (ms !== undefined && typeof frontEnd === 'number' && ms >= frontEnd)
    ? undefined
    : ms;
}
