import { EnvironmentError, type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import type { StorageQueueOptions } from '@mcp-everywhere/platform/jobs/storage-queue';
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
  AzureWebJobsStorage__queueServiceUri: z.url().optional(),
  /** Which identity, where it is not the app's own. */
  AzureWebJobsStorage__clientId: z.string().optional(),
  /** What overrides host.json (https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values). */
  AzureFunctionsJobHost__functionTimeout: z
    .string()
    .refine((text) => readTimeSpan(text) !== undefined, TIME_SPAN_RULE)
    .default(host.functionTimeout),
  STATE_TABLE: z.string().default('mcpstate'),
  /** With `-poison` after it, it has to be a name too (https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata). */
  JOBS_QUEUE: z
    .string()
    .regex(/^(?=.{3,56}$)[a-z0-9]+(-[a-z0-9]+)*$/, 'give 3 to 56 lower-case letters, digits and single hyphens')
    .default('mcpjobs'),
  /** Azure sets it. */
  REGION_NAME: z.string().optional(),
});

/** The services of the account that the app uses, and what for. */
const SERVICES = { table: 'its state', queue: 'its jobs' } as const;
type Service = keyof typeof SERVICES;

/** What is left of a function's time for its end: saving, sending the rest anew. A quarter of it, and never more than 5 s. */
const JOB_MARGIN = { share: 0.25, atMostMs: 5_000 };
/** Of a function that may run for ever: an instance that Azure takes away gets no longer either. */
const LONGEST_JOB_RUN_MS = 10 * 60 * 1000;

/** What the app itself reads from its environment. */
export interface Settings {
  readonly table: AzureTableOptions;
  readonly queue: StorageQueueOptions;
  /** How long a delivery works on a job before it leaves the rest to another one, in milliseconds. */
  readonly jobRunMs: number;
  readonly region: string | undefined;
  /** In milliseconds; `undefined` where the limits table has it right. */
  readonly wallTimeMs: number | undefined;
}

/** @throws {Error} where a variable is missing or invalid, or there is no way into the storage account */
export function readSettings(environment: EnvironmentSource): Settings {
  const [given] = readEnvironment([{ neededBy: 'the server', variables }], environment, 'azure');
  const access = (service: Service) => accessTo(service, given, environment);
  const functionMs = readTimeSpan(given.AzureFunctionsJobHost__functionTimeout) ?? Number.POSITIVE_INFINITY;
  return {
    table: { tableName: given.STATE_TABLE, ...access('table') },
    queue: { queueName: given.JOBS_QUEUE, ...access('queue') },
    region: given.REGION_NAME,
    wallTimeMs: wallTime(functionMs),
    jobRunMs: jobRun(functionMs),
  };
}

/** As the host has it: a connection string comes before all else. */
function accessTo(service: Service, given: z.output<typeof variables>, environment: EnvironmentSource) {
  const { AzureWebJobsStorage: connectionString, AzureWebJobsStorage__clientId: clientId } = given;
  if (connectionString !== undefined) return { connectionString };
  const account = given.AzureWebJobsStorage__accountName;
  const uri = given[`AzureWebJobsStorage__${service}ServiceUri`];
  const endpoint = uri ?? (account && `https://${account}.${service}.core.windows.net`);
  if (endpoint === undefined) throw new EnvironmentError([noAccess(service)]);
  return { endpoint, credential: managedIdentity(environment, clientId) };
}

function noAccess(service: Service): string {
  return (
    'Missing environment variable AzureWebJobsStorage, AzureWebJobsStorage__accountName or ' +
    `AzureWebJobsStorage__${service}ServiceUri: the server needs one of them, for ${SERVICES[service]}. On Azure: ` +
    'az functionapp config appsettings set --settings AzureWebJobsStorage__accountName=<name>'
  );
}

/** The function's own time-out, where it is over before the front end's. */
function wallTime(functionMs: number): number | undefined {
  const { default: frontEnd } = LIMITS.azure.wallTimeMs;
  return typeof frontEnd === 'number' && functionMs >= frontEnd ? undefined : functionMs;
}

function jobRun(functionMs: number): number {
  const ms = Math.min(functionMs, LONGEST_JOB_RUN_MS);
  return ms - Math.min(ms * JOB_MARGIN.share, JOB_MARGIN.atMostMs);
}
