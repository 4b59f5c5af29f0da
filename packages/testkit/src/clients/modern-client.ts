import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type Connection, type EraClient, eraClient } from './client.ts';
import { MODERN_REVISION } from './revisions.ts';

/** Connects the official client of the modern era, pinned to its revision: it fails rather than speak an older one. */
export async function connectModern(connection: Connection): Promise<EraClient> {
  const client = new Client(
    { name: 'testkit-modern', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: MODERN_REVISION } } },
  );
  const transport =
    'url' in connection
      ? new StreamableHTTPClientTransport(connection.url, { fetch: connection.fetch })
      : new StdioClientTransport({ ...connection, stderr: 'ignore' });
  await client.connect(transport);
  return eraClient('modern', client, client.getNegotiatedProtocolVersion());
}
