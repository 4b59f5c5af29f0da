import { setTimeout as delay } from 'node:timers/promises';
import { type DequeuedMessageItem, type QueueClient, QueueServiceClient, RestError } from '@azure/storage-queue';
import type { QueueSettings } from './host-settings.ts';

/** What the trigger's own code has, and no setting changes. */
const HIDDEN_SECONDS = 600;
const FIRST_PAUSE_MS = 100;
const POISON_SUFFIX = '-poison';
const LONGEST_QUEUE_NAME = 63;

/** A message, as a function is handed it. */
export interface QueueMessage {
  readonly text: string;
  /** By the names that the trigger has for it. */
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** Where the messages come from, and how they are taken. */
export interface QueueListenerOptions {
  readonly connectionString: string;
  readonly queueName: string;
  readonly settings: QueueSettings;
  /** For how long a message is hidden from all others while it is executed; renewed at half of it. */
  readonly hiddenSeconds?: number;
}

/** What hands a queue's messages to a function. */
export interface QueueListener {
  /** Takes no further message, and resolves when what runs has ended. */
  stop(): Promise<void>;
}

/**
 * Hands the messages of a queue to a function as the queue trigger of Azure Functions does
 * (https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger). A message that was executed is
 * deleted; one that was not is shown again after `visibilityTimeout`, and at its `maxDequeueCount`-th failure goes to the
 * queue `<name>-poison`; a poison queue has none of its own, and there it stays hidden. A queue that is empty, not there or
 * out of reach is asked again after pauses that double, up to `maxPollingInterval`.
 *
 * @param execute rejects where the function fails
 * @param report learns what the host would write to its log
 */
export function queueListener(
  { connectionString, queueName, settings, hiddenSeconds = HIDDEN_SECONDS }: QueueListenerOptions,
  execute: (message: QueueMessage) => Promise<void>,
  report: (error: Error) => void,
): QueueListener {
  const service = QueueServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } });
  const queue = service.getQueueClient(queueName);
  const poisonQueue = poisonQueueOf(service, queueName);
  const running = new Set<Promise<void>>();
  const stopped = new AbortController();
  const nextPause = pauses(settings.maxPollingIntervalMs);
  let isThere = false;
  let reported: string | undefined;

  async function take(): Promise<DequeuedMessageItem[]> {
    try {
      isThere ||= await queue.exists({ abortSignal: stopped.signal });
      if (!isThere) return [];
      const taken = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: hiddenSeconds,
        abortSignal: stopped.signal,
      });
      reported = undefined;
      return taken.receivedMessageItems;
    } catch (error) {
      isThere = false;
      if (!stopped.signal.aborted) reportOnce(error);
      return [];
    }
  }

  /** Each attempt at a queue that is down fails in the same way. */
  function reportOnce(error: unknown): void {
    const { message } = asError(error);
    if (message !== reported) report(new Error(`The queue "${queueName}" cannot be read: ${message}`));
    reported = message;
  }

  async function process(message: DequeuedMessageItem): Promise<void> {
    const text = decoded(message.messageText, settings.messageEncoding);
    if (text === undefined || message.dequeueCount > settings.maxDequeueCount) return poison(message);
    const held = renewed(queue, message, hiddenSeconds);
    try {
      await execute({ text, metadata: metadataOf(message) });
    } catch (error) {
      report(asError(error));
      const popReceipt = await held.release();
      return failed({ ...message, popReceipt });
    }
    await remove({ ...message, popReceipt: await held.release() });
  }

  async function failed(message: DequeuedMessageItem): Promise<void> {
    // So that what fails there does not run in circles.
    if (poisonQueue === undefined) return;
    if (message.dequeueCount >= settings.maxDequeueCount) return poison(message);
    const { messageId, popReceipt } = message;
    await unlessLost(queue.updateMessage(messageId, popReceipt, undefined, settings.visibilityTimeoutSeconds));
  }

  async function poison(message: DequeuedMessageItem): Promise<void> {
    if (poisonQueue === undefined) return;
    await poisonQueue.createIfNotExists();
    await poisonQueue.sendMessage(message.messageText);
    await remove(message);
  }

  async function remove({ messageId, popReceipt }: DequeuedMessageItem): Promise<void> {
    await unlessLost(queue.deleteMessage(messageId, popReceipt));
  }

  async function listen(): Promise<void> {
    let hasFound = false;
    while (!stopped.signal.aborted) {
      const messages = await take();
      if (messages.length === 0) {
        await delay(nextPause(hasFound), undefined, { signal: stopped.signal }).catch(() => {});
        hasFound = false;
        continue;
      }
      hasFound = true;
      for (const message of messages) {
        const ended = process(message)
          .catch((error: unknown) => report(asError(error)))
          .then(() => void running.delete(ended));
        running.add(ended);
      }
      while (running.size > settings.newBatchThreshold) await Promise.race(running);
    }
  }

  const listening = listen();
  return {
    async stop() {
      stopped.abort();
      await Promise.all(running);
      await listening;
    },
  };
}

function poisonQueueOf(service: QueueServiceClient, queueName: string): QueueClient | undefined {
  const name = `${queueName}${POISON_SUFFIX}`;
  const has = !queueName.endsWith(POISON_SUFFIX) && name.length <= LONGEST_QUEUE_NAME;
  return has ? service.getQueueClient(name) : undefined;
}

/** Keeps a message hidden until it is released, and gives the receipt that it has then. */
function renewed(queue: QueueClient, { messageId, popReceipt }: DequeuedMessageItem, hiddenSeconds: number) {
  let receipt = popReceipt;
  let renewing: Promise<void> | undefined;
  const renew = async () => {
    const updated = await queue.updateMessage(messageId, receipt, undefined, hiddenSeconds);
    receipt = updated.popReceipt ?? receipt;
  };
  const timer = setInterval(() => {
    renewing = renew().catch(() => {});
  }, hiddenSeconds * 500);
  return {
    async release() {
      clearInterval(timer);
      await renewing;
      return receipt;
    },
  };
}

/** The host passes over it where somebody else has taken or deleted the message. */
async function unlessLost(operation: Promise<unknown>): Promise<void> {
  try {
    await operation;
  } catch (error) {
    if (!(error instanceof RestError) || (error.statusCode !== 400 && error.statusCode !== 404)) throw error;
  }
}

/** The first is short; each further one is about twice the one before, until something is found. */
function pauses(longestMs: number): (afterMessage: boolean) => number {
  let doublings = 0;
  return (afterMessage) => {
    doublings = afterMessage ? 0 : doublings + 1;
    const spread = 0.8 + 0.4 * Math.random();
    const pause = doublings === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (doublings - 1) * spread;
    return Math.min(FIRST_PAUSE_MS + pause, longestMs);
  };
}

/** `undefined` where it is no text in this encoding: such a message is poisoned at once. */
function decoded(text: string, encoding: QueueSettings['messageEncoding']): string | undefined {
  if (encoding === 'none') return text;
  const isBase64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}==|[\w+/-]{3}=)?$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}

function metadataOf(message: DequeuedMessageItem): QueueMessage['metadata'] {
  return {
    Id: message.messageId,
    PopReceipt: message.popReceipt,
    DequeueCount: message.dequeueCount,
    InsertionTime: message.insertedOn.toISOString(),
    ExpirationTime: message.expiresOn.toISOString(),
    NextVisibleTime: message.nextVisibleOn.toISOString(),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
