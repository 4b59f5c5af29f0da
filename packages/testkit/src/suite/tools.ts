import { describe, expect } from 'vitest';
import type { EraClient } from '../clients/client.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD, MISSPELT_RECORD } from './catalogue-facts.ts';
import type { ClientLane } from './lane.ts';

const UNKNOWN_DRAFT = `draft_${'0'.repeat(32)}`;
const UNKNOWN_SEARCH = `search_${'0'.repeat(32)}`;

/** A call that must fail as a tool error the model can act on. */
interface BadCall {
  readonly what: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly message: RegExp;
}

/** Bad input for the tools, one kind after the other. */
export const BAD_CALLS: readonly BadCall[] = [
  { what: 'no id', tool: 'lookup_record', args: {}, message: /Invalid arguments for tool "lookup_record": id: / },
  { what: 'an id of another type', tool: 'lookup_record', args: { id: 7 }, message: /id: .*expected string/ },
  {
    what: 'an id that no record has',
    tool: 'lookup_record',
    args: { id: MISSPELT_RECORD },
    message: new RegExp(`No record has the id "${MISSPELT_RECORD}".*${KNOWN_RECORD}`),
  },
  { what: 'a limit of 0', tool: 'search_records', args: { limit: 0 }, message: /limit: / },
  { what: 'a language that no record has', tool: 'search_records', args: { language: 'tlh' }, message: /language: / },
  {
    what: 'a searchId of no search',
    tool: 'search_records',
    args: { searchId: 'mine' },
    message: /not a handle from search_records/,
  },
  {
    what: 'an expired or unknown searchId',
    tool: 'search_records',
    args: { searchId: UNKNOWN_SEARCH },
    message: /unknown or has expired.*without searchId/,
  },
  {
    what: 'a made-up cursor',
    tool: 'search_records',
    args: { cursor: '10-0123456789abcdef' },
    message: /cursor belongs to another query/,
  },
  { what: 'no title', tool: 'create_draft', args: { title: '' }, message: /title: / },
  {
    what: 'a time to live of a week',
    tool: 'create_draft',
    args: { title: 'T', ttlMinutes: 10_080 },
    message: /ttlMinutes: /,
  },
  {
    what: 'an expired or unknown draftId',
    tool: 'append_to_draft',
    args: { draftId: UNKNOWN_DRAFT, recordId: KNOWN_RECORD },
    message: /unknown or has expired.*create_draft/,
  },
  {
    what: 'a draftId of another kind',
    tool: 'read_draft',
    args: { draftId: UNKNOWN_SEARCH },
    message: /not a handle from create_draft/,
  },
  {
    what: 'an expired or unknown draftId',
    tool: 'read_draft',
    args: { draftId: UNKNOWN_DRAFT },
    message: /unknown or has expired/,
  },
  {
    what: 'no address',
    tool: 'fetch_page',
    args: { url: 'middlemarch' },
    message: /url: give a whole http or https address/,
  },
  {
    what: 'a file',
    tool: 'fetch_page',
    args: { url: 'file:///etc/passwd' },
    message: /url: give a whole http or https address/,
  },
  {
    what: 'a host that is not declared',
    tool: 'fetch_page',
    args: { url: 'https://example.com/' },
    message: /"example.com" is not one of the hosts/,
  },
];

/** Every tool with good and bad input, by real clients of both eras; they validate each output against its schema. */
export function tools(lane: ClientLane): void {
  const { app } = lane;
  describe.each(['modern', 'legacy'] as const)('the tools, called by the %s client', (era) => {
    laneCase(app.name, `lookup_record gives a record (${era})`, async () => {
      const client = await lane.connect(era);
      const { structured, types } = await client.callTool('lookup_record', { id: KNOWN_RECORD });
      expect(structured).toMatchObject({ id: KNOWN_RECORD, author: 'Jane Austen', year: 1813, language: 'en' });
      expect(types).toEqual(['text', 'resource_link']);
    });

    laneCase(app.name, `search_records finds and counts (${era})`, async () => {
      const client = await lane.connect(era);
      const { structured } = await client.callTool('search_records', { query: 'austen pride', limit: 3 });
      expect(structured).toMatchObject({
        searchId: expect.stringMatching(/^search_[0-9a-f]{32}$/),
        records: expect.arrayContaining([expect.objectContaining({ id: KNOWN_RECORD })]),
        facets: { author: expect.arrayContaining([{ value: 'Jane Austen', count: expect.any(Number) }]) },
      });
    });

    laneCase(app.name, `a reading list is begun, added to and read (${era})`, async () => {
      const client = await lane.connect(era);
      const draftId = await createdDraft(client, 'For the beach');
      const added = await client.callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD, note: 'a classic' });
      expect(added.structured).toMatchObject({
        draftId,
        added: true,
        entries: [{ recordId: KNOWN_RECORD, note: 'a classic' }],
      });
      const again = await client.callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD });
      expect(again.structured).toMatchObject({ added: false, entries: [{ recordId: KNOWN_RECORD }] });
      const read = await client.callTool('read_draft', { draftId });
      expect(read.structured).toMatchObject({
        title: 'For the beach',
        entries: [{ record: { author: 'Jane Austen' } }],
      });
      expect(read.text).toContain('# For the beach');
    });

    for (const { what, tool, args, message } of BAD_CALLS) {
      laneCase(app.name, `${tool} refuses ${what} (${era})`, async () => {
        const client = await lane.connect(era);
        const { isError, text } = await client.callTool(tool, args);
        expect({ isError, text }).toEqual({ isError: true, text: expect.stringMatching(message) });
      });
    }

    laneCase(app.name, `a tool that does not exist is a protocol error (${era})`, async () => {
      const client = await lane.connect(era);
      await expect(client.callTool('lookup_records')).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('Unknown tool "lookup_records"'),
      });
    });
  });
}

/** Begins a reading list and returns its handle. */
export async function createdDraft(client: EraClient, title: string): Promise<string> {
  const { structured } = await client.callTool('create_draft', { title });
  expect(structured.draftId).toMatch(/^draft_[0-9a-f]{32}$/);
  return String(structured.draftId);
}
