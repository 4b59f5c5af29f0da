import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTimeSpan, TIME_SPAN_RULE } from '@mcp-everywhere/platform/limits';
import * as z from 'zod';

/** https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout, for every plan but Consumption. */
const DEFAULT_TIMEOUT = '00:30:00';

const timeout = z
  .string()
  .refine((text) => readTimeSpan(text) !== undefined, TIME_SPAN_RULE)
  .default(DEFAULT_TIMEOUT)
  .transform(readTimeSpan);

const hostJson = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeout,
  extensions: z
    .object({ http: z.object({ routePrefix: z.string().default('api') }).default({ routePrefix: 'api' }) })
    .default({ http: { routePrefix: 'api' } }),
});

/** What host.json says, as far as the local host heeds it. */
export interface HostSettings {
  readonly routePrefix: string;
  /** `undefined`: none. */
  readonly functionTimeoutMs: number | undefined;
}

/**
 * Reads an app's host.json, and what of it the environment overrides
 * (https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values).
 *
 * @throws {Error} where it is not there, or not valid
 */
export async function readHostSettings(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<HostSettings> {
  const given: unknown = JSON.parse(await readFile(join(directory, 'host.json'), 'utf8'));
  const { AzureFunctionsJobHost__functionTimeout: override } = environment;
  const { functionTimeout, extensions } = hostJson.parse(
    override === undefined || typeof given !== 'object' ? given : { ...given, functionTimeout: override },
  );
  return {
    routePrefix: extensions.http.routePrefix,
    functionTimeoutMs: functionTimeout === Number.POSITIVE_INFINITY ? undefined : functionTimeout,
  };
}
