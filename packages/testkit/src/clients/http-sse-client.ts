import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Elicit, type EraClient, eraClient } from './client.ts';

/** Connects the official client of the legacy era by HTTP+SSE (2024-11-05), the transport before Streamable HTTP. */
export async function connectHttpSse(url: URL, elicit: Elicit): Promise<EraClient> {
  const client = new Client(
    { name: 'testkit-http-sse', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params.message));
  await client.connect(new SSEClientTransport(url));
  return eraClient('legacy', client, undefined);
}
