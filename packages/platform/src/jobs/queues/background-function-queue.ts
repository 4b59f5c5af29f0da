import { isTransientStatus, remoteCall } from '../../state/remote-call.ts';
import { type JobQueue, jobSender } from '../job-queue.ts';

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

class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
  readonly status: number;

  constructor(status: number) {
    super(`The background function was answered for with status ${status}, not with 202.`);
    this.status = status;
  }
}
