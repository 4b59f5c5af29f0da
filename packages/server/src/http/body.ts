/** How much of a body that is too large is read on and thrown away; whoever sends more loses the connection. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024;

/**
 * The body as text, or `undefined` where it is larger than `maxBytes`. One that breaks off reads as empty: whoever sent it
 * is gone, so nobody waits for the answer, and it is no failure of the server's either.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string | undefined> {
  try {
    return await readWhole(request, maxBytes);
  } catch {
    return '';
  }
}

/**
 * HTTP holds a body to its declared length, so a declared and small one is read in one go, several times faster than by
 * its stream; an undeclared one is read by the stream, which keeps no more than the limit.
 */
async function readWhole(request: Request, maxBytes: number): Promise<string | undefined> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) <= maxBytes) {
    const text = await request.text();
    return isLonger(text, maxBytes) ? undefined : text;
  }
  if (Number(declared) > maxBytes) {
    await discard(request.body, 0);
    return undefined;
  }
  return readStream(request.body, maxBytes);
}

/** Where nothing held the body to its declared length: what a platform hands over as an event, say. */
function isLonger(text: string, maxBytes: number): boolean {
  // A UTF-16 code unit is at most three bytes.
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
}

async function readStream(body: Request['body'], maxBytes: number): Promise<string | undefined> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let received = 0;
  let text = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    received += chunk.value.byteLength;
    if (received > maxBytes) {
      reader.releaseLock();
      await discard(body, received);
      return undefined;
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Reads on to the end: an answer sent while the client still writes may never reach it, and Node's server closes a
 * connection whose request was left unread half a second later, together with the client's next request.
 */
async function discard(body: Request['body'], received: number): Promise<void> {
  let discarded = received;
  for await (const chunk of body ?? []) {
    discarded += chunk.byteLength;
    if (discarded > MAX_DISCARDED_BYTES) return;
  }
}
