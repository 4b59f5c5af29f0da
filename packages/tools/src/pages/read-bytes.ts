/** The beginning of a body. */
export interface BodyBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the body was longer than what was read. */
  readonly truncated: boolean;
}

/**
 * Reads at most `limit` bytes of a body, and gives the rest up without waiting for it.
 *
 * @param signal ends the reading, whether or not the stream itself listens to it
 * @param onRead is told how many bytes are there, before the first and after each piece; the next waits for it
 * @throws the signal's reason, or what broke the stream
 */
export async function readBytes(
  response: Response,
  limit: number,
  signal: AbortSignal,
  onRead: (bytes: number) => Promise<void>,
): Promise<BodyBytes> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { bytes: new Uint8Array(), truncated: false };
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop);
  try {
    const bytes = new Uint8Array(limit);
    let length = 0;
    for (;;) {
      await onRead(length);
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return { bytes: bytes.slice(0, length), truncated: false };
      const room = limit - length;
      bytes.set(value.subarray(0, room), length);
      length += Math.min(value.length, room);
      if (value.length > room) return { bytes, truncated: true };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
