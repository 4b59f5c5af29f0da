import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Connection, type Elicit, type EraClient, eraClient } from './client.ts';

/**
 * Connects the official client of the legacy era: SDK v1, which knows no other.
 *
 * @param elicit answers forms; without it the client declares that it shows none
 */
export async function connectLegacy(connection: Connection, elicit?: Elicit): Promise<EraClient> {
  const client = new Client(
    { name: 'testkit-legacy', version: '1.0.0' },
    elicit && { capabilities: { elicitation: { form: {} } } },
  );
  if (elicit) client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params.message));
  if (!('url' in connection)) {
    await client.connect(new StdioClientTransport({ ...connection, stderr: 'ignore' }));
    return eraClient('legacy', client, undefined);
  }
  const transport = new StreamableHTTPClientTransport(connection.url, { fetch: connection.fetch });
  await client.connect(transport);
  return eraClient('legacy', client, transport.protocolVersion);
}
