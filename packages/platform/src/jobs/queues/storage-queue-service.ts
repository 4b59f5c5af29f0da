import type { AzureStorageAccess } from '../../state/azure-storage.ts';

/** What a signature opens, and for how long: it is made for one request. The version is that of the signature's own form. */
const SIGNED = {
  permissions: 'acup',
  services: 'q',
  resourceTypes: 'co',
  version: '2019-02-02',
  forMs: 15 * 60 * 1000,
};

/** What `UseDevelopmentStorage=true` stands for (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
const DEVELOPMENT = {
  AccountName: 'devstoreaccount1',
  AccountKey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  QueueEndpoint: 'http://127.0.0.1:10001/devstoreaccount1',
};

/** The queue service of a storage account. */
export interface QueueService {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** What in a request's query opens the service; nothing, where a token does. */
  signature(): Promise<URLSearchParams>;
  readonly isOnThisMachine: boolean;
}

/**
 * The queue service that a connection string leads to, with a key or a shared access signature, as the clients of tables and
 * queues read it (https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string).
 *
 * @throws {Error} where the connection string has neither
 */
export function queueServiceOf(access: AzureStorageAccess): QueueService {
  const parts = 'connectionString' in access ? partsOf(access.connectionString) : {};
  const endpoint = 'endpoint' in access ? access.endpoint : endpointIn(parts);
  return {
    endpoint: endpoint.replace(/\/$/, ''),
    signature: 'endpoint' in access ? async () => new URLSearchParams() : signatureIn(parts),
    isOnThisMachine: /^http:\/\/(127\.0\.0\.1|localhost)[:/]/i.test(endpoint),
  };
}

type Parts = Partial<Record<string, string>>;

function partsOf(connectionString: string): Parts {
  if (/UseDevelopmentStorage=true/i.test(connectionString)) return DEVELOPMENT;
  const given = connectionString.split(';').map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
  return Object.fromEntries(given);
}

function endpointIn({ QueueEndpoint, DefaultEndpointsProtocol = 'https', AccountName, EndpointSuffix }: Parts): string {
  if (QueueEndpoint !== undefined) return QueueEndpoint;
  if (AccountName === undefined) {
    throw new Error('The connection string names no queue service: it has neither QueueEndpoint nor AccountName.');
  }
  return `${DefaultEndpointsProtocol}://${AccountName}.queue.${EndpointSuffix ?? 'core.windows.net'}`;
}

function signatureIn({ SharedAccessSignature, AccountName, AccountKey }: Parts): QueueService['signature'] {
  if (SharedAccessSignature !== undefined) return async () => new URLSearchParams(SharedAccessSignature);
  if (AccountName === undefined || AccountKey === undefined) {
    throw new Error(
      'The connection string opens no queue service: it has neither AccountKey nor SharedAccessSignature.',
    );
  }
  return () => sign(AccountName, AccountKey);
}

/**
 * A signature for the account's queues (https://learn.microsoft.com/rest/api/storageservices/create-account-sas). The
 * tables' client can make one, but none that lets a message be deleted; the queues' own would be 90 kB more.
 */
async function sign(account: string, accountKey: string): Promise<URLSearchParams> {
  const { permissions, services, resourceTypes, version } = SIGNED;
  const expiry = new Date(Date.now() + SIGNED.forMs).toISOString().replace(/\.\d+/, '');
  const signed = [account, permissions, services, resourceTypes, '', expiry, '', '', version, ''].join('\n');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytesOf(accountKey), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(signed));
  return new URLSearchParams({
    sv: version,
    ss: services,
    srt: resourceTypes,
    sp: permissions,
    se: expiry,
    sig: btoa(String.fromCharCode(...new Uint8Array(signature))),
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
