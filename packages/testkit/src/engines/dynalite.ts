/// <reference path="./dynalite-module.d.ts" />
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import createDynalite from 'dynalite';
import getPort from 'get-port';
import { LOOPBACK } from '../launch/port.ts';
import type { Engine } from './engine.ts';
import { close, listen } from './listen.ts';

/** DynamoDB in this process, with one table as the store wants it. It keeps what it holds when it is stopped. */
export interface Dynalite extends Engine {
  readonly tableName: string;
  readonly region: string;
  /** Any will do: dynalite checks no signature. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts dynalite on a free port of the loopback interface, and creates its table.
 *
 * @param options `path` is an existing directory that keeps the table for the next start; without it, memory does
 *
 * @example
 * const { tableName, region, credentials, url: endpoint } = await startDynalite();
 * const store = dynamoDbStore({ tableName, region, credentials, endpoint });
 */
export async function startDynalite(options: { readonly path?: string } = {}): Promise<Dynalite> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const server = createDynalite({ createTableMs: 0, ...options });
  const engine: Dynalite = {
    url: `http://${LOOPBACK}:${port}`,
    tableName: 'state',
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: crypto.randomUUID() },
    stop: () => close(server),
    start: () => listen(server, port),
  };
  await engine.start();
  await createTable(engine);
  return engine;
}

async function createTable({ tableName, region, credentials, url }: Dynalite): Promise<void> {
  const client = new DynamoDBClient({ region, credentials, endpoint: url });
  const create = new CreateTableCommand({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
  });
  try {
    await client.send(create);
  } catch (error) {
    // It was kept.
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 10 }, { TableName: tableName });
  client.destroy();
}
