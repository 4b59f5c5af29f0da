import { type IncomingMessage, request } from 'node:http';
import { finished } from 'node:stream/promises';
import { LOOPBACK } from '../launch/port.ts';
import type { BuiltFunction } from './build-output.ts';
import { type Instance, takeFor } from './instance.ts';
import type { Push } from './queues/pushing.ts';

/**
 * Calls a function in an instance with a message.
 *
 * @returns whether it answered with a status of success
 * @throws {Error} where it did not answer: the time was over, or the process has ended
 */
export async function pushTo(
  instance: Instance,
  built: BuiltFunction,
  path: string,
  { headers, body }: Push,
): Promise<boolean> {
  const served = takeFor(instance, built);
  const address = { host: LOOPBACK, port: instance.port, path, method: 'POST', agent: false };
  try {
    // Not `fetch`, which waits no longer than five minutes for an answer.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ ...address, headers: { ...headers, 'content-length': body.byteLength } })
        .once('response', resolve)
        .once('error', reject)
        .end(body);
    });
    await finished(answer.resume());
    return (answer.statusCode ?? 500) < 300;
  } finally {
    served();
  }
}
