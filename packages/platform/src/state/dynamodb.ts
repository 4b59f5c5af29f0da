import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { AtomicEngine, Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import { isTransientStatus, remoteCall, wroteEarlier } from './remote-call.ts';
import type { AtomicStore } from './store.ts';

/**
 * An item takes 400 KB, its attributes' names included
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html): this leaves 16 KiB for the rest.
 */
const MAX_VALUE_BYTES = 384 * 1024;

/** Answered with status 400, and yet worth another attempt. */
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);

const NAMES = { '#key': 'key', '#version': 'version', '#expiresAt': 'expiresAt' };

/** Which table, and where. What is left out comes from the environment, as AWS's SDK reads it. */
export interface DynamoDbOptions extends Pick<DynamoDBClientConfig, 'region' | 'endpoint' | 'credentials'> {
  readonly tableName: string;
}

/**
 * State in a DynamoDB table, with the partition key `key` (a string) and no sort key. Have its time to live enabled on
 * the attribute `ttl`: DynamoDB then deletes what has expired, within days; the store itself goes by the exact expiry.
 *
 * @example
 * const store = dynamoDbStore({ tableName: 'mcp-state' });
 */
export function dynamoDbStore({ tableName, ...config }: DynamoDbOptions): AtomicStore {
  const client = new DynamoDBClient({ ...config, maxAttempts: 1 });
  return atomicStore('dynamodb', { maxValueBytes: MAX_VALUE_BYTES }, dynamoDbEngine(client, tableName));
}

function dynamoDbEngine(client: DynamoDBClient, tableName: string): AtomicEngine {
  async function find(key: string, abortSignal: AbortSignal): Promise<Entry | undefined> {
    const get = new GetItemCommand({ TableName: tableName, Key: { key: { S: key } }, ConsistentRead: true });
    const { Item } = await client.send(get, { abortSignal });
    return Item && toEntry(Item);
  }

  return {
    load: (key) => remoteCall(isTransient, (signal) => find(key, signal)),
    put: (key, entry) =>
      remoteCall(isTransient, async (abortSignal) => {
        await client.send(new PutItemCommand({ TableName: tableName, Item: toItem(key, entry) }), { abortSignal });
      }),
    remove: (key) =>
      remoteCall(isTransient, async (abortSignal) => {
        await client.send(new DeleteItemCommand({ TableName: tableName, Key: { key: { S: key } } }), { abortSignal });
      }),
    swap: (key, expected, next, now) =>
      remoteCall(isTransient, async (abortSignal, attempt) => {
        const put = new PutItemCommand({ TableName: tableName, Item: toItem(key, next), ...condition(expected, now) });
        try {
          await client.send(put, { abortSignal });
          return next.version;
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
          return attempt === 1 ? undefined : wroteEarlier(await find(key, abortSignal), next).version;
        }
      }),
  };
}

function condition(expected: string, now: number) {
  const { '#key': key, ...others } = NAMES;
  const live = { ':now': { N: String(now) } };
  return expected === 'absent'
    ? {
        ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
        ExpressionAttributeNames: { '#key': key, '#expiresAt': NAMES['#expiresAt'] },
        ExpressionAttributeValues: live,
      }
    : {
        ConditionExpression: '#version = :expected AND #expiresAt > :now',
        ExpressionAttributeNames: others,
        ExpressionAttributeValues: { ...live, ':expected': { S: expected } },
      };
}

function toItem(key: string, { value, expiresAt, version }: Entry): Record<string, AttributeValue> {
  return {
    key: { S: key },
    value: { S: value },
    version: { S: version },
    expiresAt: { N: String(expiresAt) },
    ttl: { N: String(Math.ceil(expiresAt / 1000)) },
  };
}

function toEntry({ value, version, expiresAt }: Record<string, AttributeValue>): Entry {
  if (value?.S === undefined || version?.S === undefined || expiresAt?.N === undefined) {
    throw new Error('The table holds an item that this store did not write.');
  }
  return { value: value.S, version: version.S, expiresAt: Number(expiresAt.N) };
}

/** Whatever is no answer of DynamoDB's is a failure on the way to it. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof DynamoDBServiceException)) return true;
  return THROTTLED.has(error.name) || isTransientStatus(error.$metadata.httpStatusCode ?? 0);
}
