import * as z from 'zod';
import { connectModern } from '../clients/modern-client.ts';
import { legacy } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { KNOWN_RECORD } from '../suite/catalogue-facts.ts';
import type { Site } from '../suite/site.ts';
import type { KnownTexts } from './arguments.ts';

/** Few books: what is fuzzed is the way to the job, not the report. */
const FEW = { yearFrom: 1811, yearTo: 1813 };
const SESSIONS = 4;

const listed = z.object({ name: z.string(), inputSchema: z.unknown() });

/** What there is on the server when messages are made for it: it decides what of them leads anywhere. */
export interface World {
  readonly tools: readonly z.infer<typeof listed>[];
  readonly known: KnownTexts;
  /** Resources, of which one is not there. */
  readonly uris: readonly string[];
  /** Absent where there are none. */
  readonly sessions?: {
    readonly live: readonly string[];
    readonly ended: readonly string[];
    /** Those that messages may end. */
    readonly ending: readonly string[];
    readonly eventIds: readonly string[];
  };
}

/** Begins a draft, a search, a transaction, a job and, where the server has them, sessions. */
export async function worldOn(instance: LaunchedApp, site: Site, withSessions: boolean): Promise<World> {
  const client = await connectModern({ url: new URL('/mcp', instance.url), fetch });
  const tools = (await client.listTools()).map((tool) => listed.parse(tool));
  const handle = async (tool: string, args: Record<string, unknown>, name: string) =>
    String((await client.callTool(tool, args)).structured[name]);
  const jobId = await handle('start_report', FEW, 'jobId');
  const search = await client.callTool('search_records', { query: 'love', limit: 3 });
  const known = {
    id: [KNOWN_RECORD, 'austen-emma'],
    recordId: [KNOWN_RECORD, 'melville-moby-dick'],
    query: ['love', 'austen pride'],
    draftId: [await handle('create_draft', { title: 'Fuzzed' }, 'draftId')],
    searchId: [String(search.structured.searchId)],
    cursor: [String(search.structured.nextCursor)],
    transactionId: [await handle('begin_transaction', {}, 'transactionId')],
    jobId: [jobId],
    url: ['/page', '/plain', '/gzipped', '/image', '/missing', '/large'].map(site.page),
  };
  await client.close();
  return {
    tools,
    known,
    uris: [`record://${KNOWN_RECORD}`, 'record://none', `report://${jobId}`],
    ...(withSessions && { sessions: await sessionsOn(instance) }),
  };
}

async function sessionsOn(instance: LaunchedApp): Promise<NonNullable<World['sessions']>> {
  const begun = await Promise.all(
    Array.from({ length: 3 * SESSIONS }, (_, index) => beginSession(instance, index % 2 === 0)),
  );
  const ids = begun.map(({ id }) => id);
  const ended = ids.slice(0, SESSIONS);
  await Promise.all(ended.map((id) => endSession(instance, id)));
  return {
    live: ids.slice(SESSIONS, 2 * SESSIONS),
    ended,
    ending: ids.slice(2 * SESSIONS),
    eventIds: begun.flatMap(({ eventIds }) => eventIds),
  };
}

/** @param showsForms whether its client can be asked */
async function beginSession({ url }: LaunchedApp, showsForms: boolean) {
  const capabilities = showsForms ? { elicitation: {} } : {};
  const clientInfo = { name: 'fuzz', version: '1.0.0' };
  const { method, headers, body } = legacy(
    'initialize',
    { protocolVersion: '2025-11-25', capabilities, clientInfo },
    { id: 0 },
  );
  const response = await fetch(`${url}/mcp`, { method, headers, body });
  const events = await response.text();
  const id = response.headers.get('mcp-session-id');
  if (id === null) throw new Error(`initialize began no session: ${response.status} ${events}`);
  return { id, eventIds: [...events.matchAll(/^id: (.+)$/gm)].map(([, eventId = '']) => eventId) };
}

async function endSession({ url }: LaunchedApp, id: string): Promise<void> {
  const response = await fetch(`${url}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': id } });
  await response.text();
}
