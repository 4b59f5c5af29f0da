import type { TokenCredential } from '@azure/core-auth';
import type { EnvironmentSource } from '@mcp-everywhere/platform/env';
import * as z from 'zod';

const API_VERSION = '2019-08-01';
const REQUEST_MS = 10_000;

const answer = z.object({
  access_token: z.string(),
  /** In seconds, as text. */
  expires_on: z.coerce.number(),
});

/**
 * The app's managed identity, by the endpoint that every App Service and Functions app has on its own machine
 * (https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference). Only that one:
 * `@azure/identity`, which knows a dozen more, would make the function larger by 306 kB, a third of what it is.
 *
 * @param clientId which identity, where it is not the one the system assigned
 * @throws {Error} where the app has no identity
 */
export function managedIdentity(environment: EnvironmentSource, clientId?: string): TokenCredential {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret } = environment;
  if (!endpoint || !secret) {
    throw new Error(
      'The storage account is named, and this app has no managed identity to enter it with. On Azure: az functionapp identity assign; or set AzureWebJobsStorage to a connection string.',
    );
  }
  return {
    // Whoever asks keeps the token until it expires.
    async getToken(scopes) {
      const [scope = ''] = [scopes].flat();
      const url = new URL(endpoint);
      url.searchParams.set('api-version', API_VERSION);
      url.searchParams.set('resource', scope.replace(/\/\.default$/, ''));
      if (clientId !== undefined) url.searchParams.set('client_id', clientId);
      const response = await fetch(url, {
        headers: { 'x-identity-header': secret },
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      if (!response.ok) throw new Error(`The managed identity's endpoint answered with status ${response.status}.`);
      const { access_token, expires_on } = answer.parse(await response.json());
      return { token: access_token, expiresOnTimestamp: expires_on * 1000 };
    },
  };
}
