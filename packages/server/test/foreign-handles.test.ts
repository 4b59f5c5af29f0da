import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-node';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { type McpEndpoint, mcpEndpoint } from '../src/protocol/mcp-endpoint.ts';
import { memoryPlatform } from './fixture.ts';
import { messageOf, modern } from './requests.ts';

const BOOK = 'austen-emma';
const LONGER_THAN_ANYTHING_LIVES_MS = 40 * 24 * 60 * 60 * 1000;
const OPT_IN = {
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

const structured = z.object({ result: z.object({ structuredContent: z.record(z.string(), z.unknown()) }) });

/** How a handle of each kind is minted, and all that can be asked with it. */
const KINDS = {
  job: {
    mint: { name: 'start_report', arguments: { yearFrom: 1800, yearTo: 1810 } },
    requests: (id: string) => [
      tool('get_job_result', { jobId: id }),
      tool('cancel_job', { jobId: id }),
      modern('tasks/get', { taskId: id, _meta: OPT_IN }, { 'mcp-name': id }),
      modern('tasks/update', { taskId: id, inputResponses: {}, _meta: OPT_IN }, { 'mcp-name': id }),
      modern('tasks/cancel', { taskId: id, _meta: OPT_IN }, { 'mcp-name': id }),
      modern('resources/read', { uri: `report://${id}` }),
    ],
  },
  transaction: {
    mint: { name: 'begin_transaction', arguments: {} },
    requests: (id: string) => [
      tool('stage_change', { transactionId: id, recordId: BOOK, change: 'take' }),
      tool('commit_transaction', { transactionId: id }),
      tool('rollback_transaction', { transactionId: id }),
    ],
  },
  draft: {
    mint: { name: 'create_draft', arguments: { title: 'Mine' } },
    requests: (id: string) => [
      tool('append_to_draft', { draftId: id, recordId: BOOK }),
      tool('read_draft', { draftId: id }),
    ],
  },
  search: {
    mint: { name: 'search_records', arguments: { limit: 1 } },
    requests: (id: string) => [tool('search_records', { searchId: id })],
  },
} as const;

function tool(name: string, args: object): Request {
  return modern('tools/call', { name, arguments: args });
}

describe('a handle', () => {
  let directory: string;
  let store: ReturnType<typeof sqliteStore>;
  let endpoint: McpEndpoint;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-handles-'));
    store = sqliteStore(join(directory, 'state.sqlite'));
    const { service } = createServer(catalogueSurface, memoryPlatform({}, store), { loopback: true });
    endpoint = mcpEndpoint(service, { maxBodyBytes: 1024 * 1024, fastPath: true });
  });
  afterEach(async () => {
    vi.useRealTimers();
    store.close();
    await rm(directory, { recursive: true });
  });

  const send = async (principal: string, request: Request) => {
    const call = { requestId: 'r', principal: { id: principal }, signal: () => request.signal };
    const response = await endpoint.fetch(request, call);
    return { status: response.status, message: await messageOf(response) };
  };
  /** What becomes of all that can be asked with a handle; the handle itself is left out. */
  const answers = async (principal: string, kind: keyof typeof KINDS, id: string) => {
    const all = [];
    for (const request of KINDS[kind].requests(id)) all.push(await send(principal, request));
    return JSON.parse(JSON.stringify(all).replaceAll(id, '(handle)'));
  };
  const minted = async (principal: string, kind: keyof typeof KINDS) => {
    const { message } = await send(principal, modern('tools/call', KINDS[kind].mint));
    return String(structured.parse(message).result.structuredContent[`${kind}Id`]);
  };

  test.each(['job', 'transaction', 'draft', 'search'] as const)(
    'of a %s that is somebody else’s is answered as one that never was, and as one that has expired',
    async (kind) => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const never = await answers('bob', kind, `${kind}_${'0'.repeat(32)}`);
      for (const { message } of never) {
        expect(message).toSatisfy((answer) => 'error' in answer || answer.result.isError === true);
      }

      const foreign = await minted('alice', kind);
      expect(await answers('bob', kind, foreign)).toEqual(never);

      const expired = await minted('bob', kind);
      vi.setSystemTime(Date.now() + LONGER_THAN_ANYTHING_LIVES_MS);
      expect(await answers('bob', kind, expired)).toEqual(never);
    },
  );

  test.each(['job', 'transaction', 'draft', 'search'] as const)(
    'of a %s is not harmed by somebody else who tries',
    async (kind) => {
      const own = await minted('alice', kind);
      await answers('bob', kind, own);
      const [first] = await answers('alice', kind, own);
      expect(first.message).toMatchObject({ result: { structuredContent: {} } });
      expect(first.message.result.structuredContent.status).not.toBe('cancelled');
    },
  );
});
