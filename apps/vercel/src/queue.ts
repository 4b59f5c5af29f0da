import { type EnvironmentSource, readEnvironment } from '@mcp-everywhere/platform/env';
import { type VercelQueue, vercelQueue } from '@mcp-everywhere/platform/jobs/vercel-queue';
import * as z from 'zod';

/** As the trigger in vercel.json names it. */
export const TOPIC = 'jobs';

const variables = z.object({
  /** Vercel sets both: https://vercel.com/docs/environment-variables/system-environment-variables */
  VERCEL_DEPLOYMENT_ID: z.string().optional(),
  VERCEL_REGION: z.string().optional(),
  /** Where Vercel Queues are, if not at Vercel: an emulator on this machine. */
  VERCEL_QUEUE_BASE_URL: z
    .url()
    .transform((url) => new URL(url))
    .optional(),
});

/**
 * The queue that delivers this deployment's jobs; `undefined` where the project keeps its system environment variables to
 * itself, for then nobody knows which deployment this is.
 *
 * @throws {EnvironmentError} where a variable is not what it should be
 */
export function queueIn(environment: EnvironmentSource): VercelQueue | undefined {
  const [{ VERCEL_DEPLOYMENT_ID: deploymentId, VERCEL_REGION: region, VERCEL_QUEUE_BASE_URL: url }] = readEnvironment(
    [{ neededBy: 'the server', variables }],
    environment,
    'vercel',
  );
  if (deploymentId === undefined || region === undefined) return undefined;
  return vercelQueue({ topic: TOPIC, region, deploymentId, ...(url !== undefined && { url }) });
}
