import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { dynamoDbStore } from '@mcp-everywhere/platform/state/dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dynalite, startDynalite } from '../../src/engines/dynalite.ts';
import { describeRemoteStore } from './remote-store.ts';

describe('dynamodb on dynalite', () => {
  describeRemoteStore({
    kind: 'dynamodb',
    start: startDynalite,
    open: ({ tableName, region, credentials }, endpoint) => dynamoDbStore({ tableName, region, credentials, endpoint }),
    secretOf: ({ credentials }) => credentials.secretAccessKey,
  });
});

describe('a DynamoDB table', () => {
  let engine: Dynalite;
  beforeAll(async () => {
    engine = await startDynalite();
  });
  afterAll(() => engine.stop());

  it('is told in whole seconds when an item may go, never before it has expired', async () => {
    const { tableName, region, credentials, url: endpoint } = engine;
    await dynamoDbStore({ tableName, region, credentials, endpoint }).set('key', 'value', 0.25);
    const client = new DynamoDBClient({ region, credentials, endpoint });
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: { key: { S: 'key' } } }));
    expect(Number(Item?.ttl?.N) * 1000).toBeGreaterThanOrEqual(Number(Item?.expiresAt?.N));
    expect(Number(Item?.ttl?.N) * 1000).toBeLessThan(Number(Item?.expiresAt?.N) + 1000);
  });

  it('that is not there makes the store unavailable, and the cause says why', async () => {
    const { region, credentials, url: endpoint } = engine;
    const store = dynamoDbStore({ tableName: 'missing', region, credentials, endpoint });
    const error: unknown = await store.get('key').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('ResourceNotFoundException') } });
  });
});
