import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type Connection, type Elicit, type EraClient, eraClient } from './client.ts';
import { MODERN_REVISION } from './revisions.ts';

/**
 * Connects the official client of the modern era, pinned to its revision: it fails rather than speak an older one.
 *
 * @param elicit answers forms; without it the client declares that it shows none
 */
export async function connectModern(connection: Connection, elicit?: Elicit): Promise<EraClient> {
  const client = new Client(
    { name: 'testkit-modern', version: '1.0.0' },
    {
      versionNegotiation: { mode: { pin: MODERN_REVISION } },
      ...(elicit && { capabilities: { elicitation: { form: {} } } }),
    },
  );
  if (elicit) client.setRequestHandler('elicitation/create', ({ params }) => elicit(params.message));
  const transport =
    'url' in connection
      ? new StreamableHTTPClientTransport(connection.url, { fetch: connection.fetch })
      : new StdioClientTransport({ ...connection, stderr: 'ignore' });
  await client.connect(transport);
  return eraClient('modern', client, client.getNegotiatedProtocolVersion());
}
