import { CreateQueueCommand, GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import getPort from 'get-port';
import { LOOPBACK } from '../launch/port.ts';
import type { Engine } from './engine.ts';
import { close, listen } from './listen.ts';

/** SQS in this process, with a queue of jobs and its dead-letter queue. It keeps what it holds when it is stopped. */
export interface Fauxqs extends Engine {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly region: string;
  /** Any will do: fauxqs checks no signature. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts fauxqs on a free port of the loopback interface, and creates its queues. They are in memory: fauxqs can keep them
 * in a file, but only where it listens by itself, and then it does on all interfaces.
 *
 * @example
 * const { queueUrl, region, credentials } = await startFauxqs({ visibilityTimeoutSeconds: 180, maxReceiveCount: 5 });
 * const queue = sqsQueue({ queueUrl, region, credentials });
 */
export async function startFauxqs(options: {
  /** How long a message is hidden from others by whoever receives it. */
  readonly visibilityTimeoutSeconds: number;
  /** How often a message is received before it goes to the dead-letter queue. */
  readonly maxReceiveCount: number;
}): Promise<Fauxqs> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const url = `http://${LOOPBACK}:${port}`;
  const region = 'eu-central-1';
  const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: crypto.randomUUID() };
  const app = buildApp({ logger: false, defaultRegion: region });
  await app.ready();
  await listen(app.server, port);

  const client = new SQSClient({ region, credentials, endpoint: url });
  const { visibilityTimeoutSeconds, maxReceiveCount } = options;
  const deadLetterQueueUrl = await createQueue(client, url, 'jobs-dead', {});
  const queueUrl = await createQueue(client, url, 'jobs', {
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: await arnOf(client, deadLetterQueueUrl), maxReceiveCount }),
  });
  client.destroy();
  return {
    url,
    queueUrl,
    deadLetterQueueUrl,
    region,
    credentials,
    stop: () => close(app.server),
    start: () => listen(app.server, port),
  };
}

async function createQueue(
  client: SQSClient,
  url: string,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>>,
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  if (QueueUrl === undefined) throw new Error(`fauxqs did not create the queue "${name}".`);
  // The host that it names is below `localhost`, which not every machine can look up.
  return new URL(new URL(QueueUrl).pathname, url).href;
}

async function arnOf(client: SQSClient, queueUrl: string): Promise<string> {
  const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
  const { Attributes } = await client.send(asked);
  if (Attributes?.QueueArn === undefined) throw new Error(`fauxqs does not know the queue ${queueUrl}.`);
  return Attributes.QueueArn;
}
