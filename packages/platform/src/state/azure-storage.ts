import type { TokenCredential } from '@azure/core-auth';

/** How to get to a service of a storage account: a connection string, or its endpoint and, say, a managed identity. */
export type AzureStorageAccess =
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential };
