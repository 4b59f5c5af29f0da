import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import * as z from 'zod';
import { MODERN_REVISION } from './revisions.ts';

const contents = z.array(z.object({ text: z.string() }));

/** A real client of the modern era that listens to resources. */
export interface ListeningClient {
  /** The resources that the server has agreed to tell of. */
  readonly honored: readonly string[];
  /** The resources it was told of so far, in order. */
  readonly told: readonly string[];
  /** How the stream ended: `local` by this client, `graceful` by the server's answer, `remote` otherwise. */
  readonly ended: Promise<'local' | 'graceful' | 'remote'>;
  /** Resolves when it has been told of something since this was last called; at once, where it has been already. */
  news(): Promise<void>;
  /** What a resource is at the moment, of those that are JSON. */
  read(uri: string): Promise<unknown>;
  /** Ends the stream. */
  close(): Promise<void>;
}

/**
 * Connects, and listens to resources; resolves when the server has acknowledged it.
 *
 * @param requestId goes with every request, for the server's log
 */
export async function listenTo(
  url: URL,
  uris: readonly string[],
  requestId: string = crypto.randomUUID(),
): Promise<ListeningClient> {
  const client = new Client(
    { name: 'testkit-listening', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: MODERN_REVISION } } },
  );
  const told: string[] = [];
  let change = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.push(params.uri);
    change.resolve();
  });
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers: { 'x-request-id': requestId } } }),
  );
  const subscription = await client.listen({ resourceSubscriptions: [...uris] });
  return {
    honored: subscription.honoredFilter.resourceSubscriptions ?? [],
    told,
    ended: subscription.closed,
    async news() {
      await change.promise;
      change = Promise.withResolvers();
    },
    async read(uri) {
      const [content] = contents.parse((await client.readResource({ uri })).contents);
      return JSON.parse(content?.text ?? 'null');
    },
    async close() {
      await subscription.close();
      await client.close();
    },
  };
}
