import type { Entry } from './engine.ts';

/** How long a call may take with all its attempts: whoever waits for the tool waits for this too. */
const CALL_MS = 3_000;
/** Shorter than the call, so that one lost packet leaves time for a second attempt. */
const ATTEMPT_MS = 2_000;
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;

/**
 * Calls an engine over the network: up to three attempts, 3 s in all. The clients' own retries are switched off in favour
 * of this: one of them pauses for 5 s and more, and none tells which attempt an answer belongs to.
 *
 * @param isTransient whether another attempt may succeed where one failed with this error
 * @param operation one attempt; the first is number 1
 * @throws {Error} the last failure, without the request that it came from: that holds the value and the credentials
 */
export async function remoteCall<T>(
  isTransient: (error: unknown) => boolean,
  operation: (signal: AbortSignal, attempt: number) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(CALL_MS);
  for (let attempt = 1; ; attempt++) {
    try {
      const signal = AbortSignal.any([deadline, AbortSignal.timeout(ATTEMPT_MS)]);
      return await untilAborted(signal, operation(signal, attempt));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || deadline.aborted || !isTransient(error)) throw withoutRequest(error);
      // Of clients that were refused at the same moment, not all come back at the same moment.
      await pause(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2));
    }
  }
}

/** Whether a server that answered with this status may answer otherwise in a moment. */
export function isTransientStatus(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/**
 * What an earlier attempt wrote of `next`, where only its answer was lost: the later one then met that very write.
 *
 * @throws {Error} where something else is held: nobody knows then whether anything was written
 */
export function wroteEarlier<Held extends Entry>(held: Held | undefined, next: Entry): Held {
  if (held?.version === next.version) return held;
  throw new Error('The answer to a conditional write was lost: it cannot be told whether it wrote.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects when the signal aborts, even where the operation does not heed it. */
async function untilAborted<T>(signal: AbortSignal, operation: Promise<T>): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error('The engine did not answer in time.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([operation, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function withoutRequest(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('The client failed without an error.');
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const cause = error.cause === undefined ? {} : { cause: withoutRequest(error.cause) };
  return new Error(`${error.name}${code}: ${error.message}`, cause);
}
