import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { requestUrl } from '../../http/request-url.ts';
import type { Messages } from './messages.ts';

const NAME = '[A-Za-z0-9_-]+';
const SEND = new RegExp(`^/api/v3/topic/(${NAME})$`);
const LEASE = new RegExp(`^/api/v3/topic/${NAME}/consumer/(${NAME})/lease/([^/]+)$`);

/** Seconds, as a header has them: https://vercel.com/docs/queues/pricing has their bounds. */
const seconds = z.string().regex(/^\d+$/).transform(Number);
const sendHeaders = z
  .object({
    'content-type': z.string().default('application/octet-stream'),
    'vqs-retention-seconds': seconds.pipe(z.number().min(60).max(604_800)).default(86_400),
    'vqs-delay-seconds': seconds.default(0),
  })
  .refine((headers) => headers['vqs-delay-seconds'] <= headers['vqs-retention-seconds'], {
    error: 'The delay is longer than the message is kept',
  });
const visibility = z.object({ visibilityTimeoutSeconds: z.number().min(0).max(3_600) });

interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** What the API works on. */
export interface QueueApiOptions {
  readonly messages: Messages;
  /** The only one that is let in. */
  readonly token: string;
  consumersOf(topic: string): readonly string[];
  /** Learns that something may be due earlier than it was. */
  onChange(): void;
}

/**
 * The API of Vercel Queues, https://vercel.com/docs/queues/api, as far as a deployment in push mode asks it: a message is
 * sent, a lease is ended or made to last. Not there: receiving (poll mode), batches, idempotency keys, deployments and
 * regions.
 */
export function queueApi(options: QueueApiOptions): RequestListener {
  return (incoming, outgoing) => {
    answer(options, incoming).then(
      ({ status, body }) => outgoing.writeHead(status, { 'content-type': 'application/json' }).end(json(body)),
      (error: unknown) => {
        const isBad = error instanceof z.ZodError || error instanceof SyntaxError;
        const message = error instanceof Error ? error.message : String(error);
        outgoing.writeHead(isBad ? 400 : 500).end(message);
      },
    );
  };
}

async function answer(options: QueueApiOptions, incoming: IncomingMessage): Promise<Answer> {
  const { messages, token, consumersOf, onChange } = options;
  const { method, headers } = incoming;
  const body = await buffer(incoming);
  if (headers.authorization !== `Bearer ${token}`) return { status: 401 };
  const path = requestUrl(incoming.url, 'http://queues.local')?.pathname ?? '';

  const [, topic] = SEND.exec(path) ?? [];
  if (topic !== undefined && method === 'POST') {
    const read = sendHeaders.parse(headers);
    const messageId = messages.add(topic, consumersOf(topic), {
      contentType: read['content-type'],
      body,
      delayMs: read['vqs-delay-seconds'] * 1000,
      retentionMs: read['vqs-retention-seconds'] * 1000,
    });
    onChange();
    return { status: 201, body: { messageId } };
  }

  const [, consumer, receipt] = LEASE.exec(path) ?? [];
  if (consumer === undefined || receipt === undefined) return { status: 404 };
  if (method === 'DELETE') return messages.remove(consumer, receipt) ? { status: 204 } : { status: 404 };
  if (method !== 'PATCH') return { status: 405 };
  const { visibilityTimeoutSeconds } = visibility.parse(JSON.parse(body.toString()));
  const held = messages.hold(consumer, receipt, visibilityTimeoutSeconds * 1000);
  onChange();
  return held ? { status: 200, body: { success: true } } : { status: 404 };
}

function json(body: object | undefined): string {
  return body === undefined ? '' : JSON.stringify(body);
}
