import type { LeasedMessage, Messages } from './messages.ts';

/** The first lease; who takes the message renews it. */
const LEASE_MS = 60_000;
/** Vercel starts as many instances as it takes; here one has them all. */
const AT_ONCE = 4;
/** The longest that a timer waits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A function that messages are pushed to, as its trigger says. */
export interface Consumer {
  readonly topic: string;
  readonly consumer: string;
  readonly retryAfterSeconds: number;
}

/** A request to a function. */
export interface Push {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface PushingOptions<To extends Consumer> {
  readonly messages: Messages;
  readonly consumers: readonly To[];
  /** Calls the function; whether it answered with a status of success. */
  readonly push: (to: To, push: Push) => Promise<boolean>;
}

/** What takes messages to their functions. */
export interface Pushing {
  /** Looks for what is due. */
  look(): void;
  /** Pushes no further message. */
  stop(): void;
  /** Resolves when no function is called any more. */
  settled(): Promise<unknown>;
}

/**
 * Pushes each message that is due to its function, as Vercel does: leased while the function has it, due again after
 * `retryAfterSeconds` where that fails, and when the lease ends where the function has left it as it was.
 */
export function pushing<To extends Consumer>({ messages, consumers, push }: PushingOptions<To>): Pushing {
  const running = new Set<Promise<void>>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const deliver = async (to: To, message: LeasedMessage): Promise<void> => {
    const { headers, body } = callbackOf(to, message);
    const taken = await push(to, { headers, body }).catch(() => false);
    // It ends with this process, and whoever opens the file next finds it leased.
    if (!taken && !stopped) messages.giveBack(to.consumer, message.receipt, to.retryAfterSeconds * 1000);
  };

  const take = (to: Consumer & To): void => {
    while (running.size < AT_ONCE) {
      const message = messages.take(to.topic, to.consumer, LEASE_MS);
      if (message === undefined) return;
      const ended = deliver(to, message).finally(() => {
        running.delete(ended);
        look();
      });
      running.add(ended);
    }
  };

  const look = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    for (const to of consumers) take(to);
    // The end of one looks again.
    if (running.size >= AT_ONCE) return;
    const at = messages.nextDue();
    if (at !== undefined) timer = setTimeout(look, Math.min(Math.max(0, at - Date.now()), MAX_TIMER_MS));
  };

  return {
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    settled: () => Promise.all(running),
  };
}

/** The request of a push, a CloudEvent in binary mode, as `vercel dev` makes it and `@vercel/queue` reads it. */
function callbackOf({ topic, consumer }: Consumer, message: LeasedMessage): Push {
  const { id, receipt, contentType, body, createdAt, expiresAt, leasedUntil, deliveries } = message;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    body,
    headers: {
      'content-type': contentType,
      'ce-type': 'com.vercel.queue.v2beta',
      'ce-specversion': '1.0',
      'ce-source': `/topic/${topic}/consumer/${consumer}`,
      'ce-id': id,
      'ce-time': iso(Date.now()),
      'ce-vqsmessageid': id,
      'ce-vqsqueuename': topic,
      'ce-vqsconsumergroup': consumer,
      'ce-vqsreceipthandle': receipt,
      'ce-vqsdeliverycount': String(deliveries),
      'ce-vqscreatedat': iso(createdAt),
      'ce-vqsexpiresat': iso(expiresAt),
      'ce-vqsvisibilitydeadline': iso(leasedUntil),
      'ce-vqsregion': 'dev1',
    },
  };
}
