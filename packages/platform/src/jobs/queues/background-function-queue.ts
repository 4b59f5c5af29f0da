import { isTransientStatus, remoteCall } from '../../state/remote-call.ts';
import { type JobQueue, jobSender, type RunDelivery } from '../job-queue.ts';

/** Where the background function is, and what opens it. */
interface BackgroundFunction {
  readonly url: URL;
  /** Shown as a bearer token. */
  readonly secret: string;
}

/** What the function is sent, as JSON. */
export interface BackgroundDelivery {
  readonly jobId: string;
  /** How long it is to wait before it runs the job, in milliseconds. */
  readonly delayMs?: number;
}

/**
 * A queue that is the platform's own, before a function that runs in the background: 202 is the platform's word that it
 * will be called.
 *
 * @example
 * const queue = backgroundFunctionQueue({ url: new URL('/.netlify/functions/jobs', siteUrl), secret });
 */
export function backgroundFunctionQueue({ url, secret }: BackgroundFunction): JobQueue {
  async function call(delivery: BackgroundDelivery, signal: AbortSignal): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(delivery),
      // Whatever else answers there is not shown the secret.
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    if (response.status !== 202) throw new NotAccepted(response.status);
  }

  const isTransient = (error: unknown) => !(error instanceof NotAccepted) || isTransientStatus(error.status);
  return jobSender('background-function', (jobId, delayMs) =>
    remoteCall(isTransient, (signal) => call({ jobId, ...(delayMs > 0 && { delayMs }) }, signal)),
  );
}

/**
 * What the background function does with what it was sent: it runs the job to its end, waiting in between, or, where its
 * time is over, leaves the rest to another invocation.
 *
 * @param runMs how long this invocation may take
 * @throws where the store or the queue is down: then the platform calls the function again
 */
export async function runInBackground(
  { jobId, delayMs = 0 }: BackgroundDelivery,
  { run, queue, runMs }: { readonly run: RunDelivery; readonly queue: JobQueue; readonly runMs: number },
): Promise<void> {
  const endsAt = Date.now() + runMs;
  const ending = AbortSignal.timeout(runMs);
  for (let afterMs = delayMs; ; ) {
    const waitMs = Math.max(0, Math.min(afterMs, endsAt - Date.now()));
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (Date.now() >= endsAt) return queue.send(jobId, afterMs - waitMs);
    const delivery = await run(jobId, ending);
    if (delivery.kind === 'done') return;
    afterMs = delivery.afterMs;
  }
}

class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
  readonly status: number;

  constructor(status: number) {
    super(`The background function was answered for with status ${status}, not with 202.`);
    this.status = status;
  }
}
