import { readRequestBody } from '@modelcontextprotocol/server';

/**
 * The body as text, or `undefined` where it is larger than `maxBytes`.
 *
 * HTTP holds a body to its declared length, so a declared and small one is read in one go, several times faster than by
 * its stream; an undeclared one is read by the stream, which stops at the limit.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string | undefined> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) <= maxBytes) {
    const text = await request.text();
    return text.length <= maxBytes ? text : undefined;
  }
  const read = await readRequestBody(request, maxBytes);
  return read.tooLarge ? undefined : read.text;
}
