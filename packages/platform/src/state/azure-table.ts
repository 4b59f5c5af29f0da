import { RestError, TableClient } from '@azure/data-tables';
import type { AzureStorageAccess } from './azure-storage.ts';
import type { Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import { etagEngine, type TaggedEntries, type TaggedEntry, UNKNOWN_ETAG } from './etag-engine.ts';
import { hexKey } from './hex-key.ts';
import { isTransientStatus } from './remote-call.ts';
import type { AtomicStore } from './store.ts';

// The limits of a table (https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model):
// a property 64 KiB, an entity 1 MiB, a partition key and a row key 512 characters each. A string is counted with two bytes
// a character, so the value is stored as bytes.
const CHUNK_BYTES = 64 * 1024;
const MAX_CHUNKS = 8;
const MAX_VALUE_BYTES = MAX_CHUNKS * CHUNK_BYTES;
const PARTITION_KEY_CHARACTERS = 256;

/** The short form stands for an emulator on port 10002 (https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string). */
const ON_THIS_MACHINE = /UseDevelopmentStorage=true|TableEndpoint=http:\/\/(127\.0\.0\.1|localhost)[:/]/i;

/** Which table, and how to get there. */
export type AzureTableOptions = { readonly tableName: string } & AzureStorageAccess;

/**
 * State in Azure Table Storage. The table is created when the first write finds none. The engine expires nothing: an entity
 * that has expired is deleted when it is next read.
 *
 * Unencrypted connections are refused, but for an emulator on this machine.
 *
 * @throws {Error} where the connection string is malformed
 * @example
 * const store = azureTableStore({ tableName: 'mcpstate', connectionString: env.AzureWebJobsStorage });
 */
export function azureTableStore(options: AzureTableOptions): AtomicStore {
  return atomicStore('azure-table', { maxValueBytes: MAX_VALUE_BYTES }, etagEngine(tableEntries(openTable(options))));
}

function openTable(options: AzureTableOptions): TableClient {
  const retryOptions = { maxRetries: 0 };
  if ('endpoint' in options) {
    return new TableClient(options.endpoint, options.tableName, options.credential, { retryOptions });
  }
  const allowInsecureConnection = ON_THIS_MACHINE.test(options.connectionString);
  return TableClient.fromConnectionString(options.connectionString, options.tableName, {
    retryOptions,
    allowInsecureConnection,
  });
}

function tableEntries(table: TableClient): TaggedEntries {
  /** Runs a write again once the table is there: to one that needs no entity, 404 says that there is no table. */
  async function inTable<T>(abortSignal: AbortSignal, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      await table.createTable({ abortSignal });
      return await write();
    }
  }

  return {
    isTransient,
    async find(key, abortSignal) {
      const { partitionKey, rowKey } = entityKey(key);
      try {
        return toEntry(await table.getEntity<Record<string, unknown>>(partitionKey, rowKey, { abortSignal }));
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async put(key, entry, abortSignal) {
      await inTable(abortSignal, () => table.upsertEntity(toEntity(key, entry), 'Replace', { abortSignal }));
    },
    async remove(key, abortSignal) {
      const { partitionKey, rowKey } = entityKey(key);
      await unless([404], () => table.deleteEntity(partitionKey, rowKey, { abortSignal }));
    },
    create: (key, entry, abortSignal) =>
      etagUnless([409], () => inTable(abortSignal, () => table.createEntity(toEntity(key, entry), { abortSignal }))),
    replace: (key, etag, entry, abortSignal) =>
      etagUnless([404, 412], () => table.updateEntity(toEntity(key, entry), 'Replace', { etag, abortSignal })),
    async collect(key, etag, abortSignal) {
      const { partitionKey, rowKey } = entityKey(key);
      await unless([404, 412], () => table.deleteEntity(partitionKey, rowKey, { etag, abortSignal }));
    },
  };
}

// A table refuses / \ # ? and control characters in keys, and 256 bytes of UTF-8 make 512 hexadecimal digits: half of
// what the two keys take together.
function entityKey(key: string): { readonly partitionKey: string; readonly rowKey: string } {
  const hex = hexKey(key);
  return { partitionKey: hex.slice(0, PARTITION_KEY_CHARACTERS), rowKey: hex.slice(PARTITION_KEY_CHARACTERS) };
}

/** All chunks are properties of one entity, and so are written in one step. */
function toEntity(key: string, { value, expiresAt, version }: Entry) {
  const bytes = new TextEncoder().encode(value);
  // Copies, not views: the client sends the whole buffer behind an array, whatever part of it the array shows.
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) => [
    chunkName(index),
    bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  ]);
  return { ...entityKey(key), version, expiresAt: BigInt(expiresAt), ...Object.fromEntries(chunks) };
}

function toEntry(entity: Record<string, unknown> & { readonly etag: string }): TaggedEntry {
  const { etag, version, expiresAt } = entity;
  if (typeof version !== 'string' || typeof expiresAt !== 'bigint') {
    throw new Error('The table holds an entity that this store did not write.');
  }
  // One decoder for all: a character may lie across two chunks. A byte order mark is part of the value.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let value = '';
  for (let index = 0; index < MAX_CHUNKS; index++) {
    const chunk = entity[chunkName(index)];
    if (chunk instanceof Uint8Array) value += decoder.decode(chunk, { stream: true });
  }
  return { etag, version, expiresAt: Number(expiresAt), value: value + decoder.decode() };
}

function chunkName(index: number): string {
  return `value${index}`;
}

/** What it gave; `undefined` where the table answered with one of these statuses. */
async function unless<T>(statuses: readonly number[], operation: () => Promise<T>): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (statuses.some((status) => isStatus(error, status))) return undefined;
    throw error;
  }
}

/** As {@link unless}, of a write: the ETag of what it wrote. */
async function etagUnless(
  statuses: readonly number[],
  write: () => Promise<{ readonly etag?: string }>,
): Promise<string | undefined> {
  const written = await unless(statuses, write);
  return written && (written.etag ?? UNKNOWN_ETAG);
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}

/** Whatever is no answer of the table's is a failure on the way to it. */
function isTransient(error: unknown): boolean {
  return !(error instanceof RestError) || error.statusCode === undefined || isTransientStatus(error.statusCode);
}
