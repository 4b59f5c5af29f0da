import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import * as z from 'zod';
import type { Connection } from './client.ts';
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

/** Over HTTP; `requestId` goes with every request, for the server's log. */
type OverHttp = { readonly url: URL; readonly requestId: string };

/**
 * Connects, and listens to resources; resolves when the server has acknowledged it.
 *
 * @param resources their URIs, or what makes them by the same connection
 */
export async function listenTo(
  connection: OverHttp | Extract<Connection, { readonly command: string }>,
  resources: readonly string[] | ((client: Client) => Promise<readonly string[]>),
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
    'url' in connection
      ? new StreamableHTTPClientTransport(connection.url, {
          requestInit: { headers: { 'x-request-id': connection.requestId } },
        })
      : new StdioClientTransport({ ...connection, stderr: 'ignore' }),
  );
  const uris = typeof resources === 'function' ? await resources(client) : resources;
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
