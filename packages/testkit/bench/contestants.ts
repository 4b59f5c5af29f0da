import type { Platform } from '@mcp-everywhere/platform';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { createServer } from '@mcp-everywhere/server';
import { defineTool, type Surface, type Tool } from '@mcp-everywhere/tools';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** Answers a request: what every contestant is. */
export type Handler = (request: Request) => Response | Promise<Response>;

const REVISION = '2026-07-28';
const ANNOTATIONS = { readOnlyHint: true, openWorldHint: false } as const;

/** A tool of ordinary size: a search with six arguments, and two records for an answer. */
const input = z.object({
  query: z.string().min(1).max(200).describe('Words to look for'),
  language: z.string().max(8).optional().describe('BCP 47 tag of the original language'),
  yearFrom: z.number().int().min(-3000).max(2100).optional().describe('Earliest year'),
  yearTo: z.number().int().min(-3000).max(2100).optional().describe('Latest year'),
  limit: z.number().int().min(1).max(50).default(10).describe('How many records'),
  cursor: z.string().max(500).optional().describe('Where the last page ended'),
});
const output = z.object({
  total: z.number().int().describe('How many there are'),
  records: z.array(z.object({ id: z.string(), title: z.string(), year: z.number().int() })).describe('This page'),
});
const found: z.input<typeof output> = {
  total: 2,
  records: [
    { id: 'austen-emma', title: 'Emma', year: 1815 },
    { id: 'austen-persuasion', title: 'Persuasion', year: 1817 },
  ],
};

const nameOf = (index: number) => `search_${index}`;
const DESCRIPTION =
  'Full-text search over the catalogue. Use it to find records by words; returns ids, titles and years.';

function surfaceOf(count: number): Surface {
  const tools: Tool[] = Array.from({ length: count }, (_, index) =>
    defineTool({
      name: nameOf(index),
      title: `Search ${index}`,
      description: DESCRIPTION,
      input,
      output,
      annotations: ANNOTATIONS,
      run: () => found,
    }),
  );
  return {
    name: 'bench',
    version: '1.0.0',
    title: 'Bench',
    instructions: '',
    tools,
    resources: [],
    resourceTemplates: [],
    prompts: [],
  };
}

/** This project's server, the whole chain. */
export function ours(count: number): Handler {
  const state = memoryStore();
  const platform: Platform = {
    target: 'node',
    runtime: { name: 'node', version: '0' },
    environment: { LOG_LEVEL: 'error' },
    state,
    cache: state,
    network: {
      fetch: () => Promise.reject(new Error('not in a benchmark')),
    },
  };
  return createServer(surfaceOf(count), platform, { loopback: true }).fetch;
}

/** The SDK's handler and `McpServer` with the same tools, as its documentation has it. */
export function sdk(count: number): Handler {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'bench', version: '1.0.0', title: 'Bench' });
    for (let index = 0; index < count; index++) {
      server.registerTool(
        nameOf(index),
        {
          title: `Search ${index}`,
          description: DESCRIPTION,
          inputSchema: input,
          outputSchema: output,
          annotations: ANNOTATIONS,
        },
        async () => ({ content: [{ type: 'text', text: JSON.stringify(found) }], structuredContent: found }),
      );
    }
    return server;
  });
  return (request) => handler.fetch(request);
}

/** Parses the JSON and answers the given bytes: the least anything could do. */
export function bare(answer: string): Handler {
  return async (request) => {
    await request.json();
    return new Response(answer, { headers: { 'content-type': 'application/json' } });
  };
}

/** A modern request as a client sends it over HTTP. */
export function requestOf(method: 'tools/call' | 'tools/list'): () => Request {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  };
  const params =
    method === 'tools/call' ? { name: nameOf(0), arguments: { query: 'emma', limit: 2 }, _meta } : { _meta };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = new Headers({
    host: '127.0.0.1:8080',
    'content-type': 'application/json',
    'content-length': String(body.length),
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': method,
    ...(method === 'tools/call' && { 'mcp-name': nameOf(0) }),
  });
  return () => new Request('http://127.0.0.1:8080/mcp', { method: 'POST', headers, body });
}
