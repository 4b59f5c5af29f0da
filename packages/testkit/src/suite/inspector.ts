import { surfaceHash } from '@mcp-everywhere/server';
import { describe, expect } from 'vitest';
import { inspectorAt } from '../clients/inspector.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import { expectedSurfaceHash } from './expected-surface.ts';
import type { Lane } from './lane.ts';
import { BAD_CALLS } from './tools.ts';

/** Few books. */
const FEW = { yearFrom: 1811, yearTo: 1813 };
/** A process for each request, on a machine that has others to run. */
const CASE_MS = 60_000;

/** The list of the tools and every tool, with good and bad input, by the inspector's command line, in one era or the other. */
export function inspector(lane: Lane): void {
  const { app } = lane;
  const at = (era: 'modern' | 'legacy') => inspectorAt(new URL('/mcp', lane.open.url), era, lane.directory);
  const inspectorCase = (name: string, run: () => Promise<void>) => laneCase(app.name, name, run, CASE_MS);

  // They wait for processes to start: side by side.
  describe.concurrent('by the inspector', () => {
    for (const era of ['modern', 'legacy'] as const) {
      inspectorCase(`it lists the tools that are in the sources (${era})`, async () => {
        expect(await surfaceHash(await at(era).listTools())).toBe(await expectedSurfaceHash());
      });
    }

    inspectorCase('it finds books (modern)', async () => {
      const { callTool } = at('modern');
      expect(await callTool('lookup_record', { id: KNOWN_RECORD })).toMatchObject({ structured: { id: KNOWN_RECORD } });
      const { structured } = await callTool('search_records', { query: 'austen pride', limit: 1 });
      expect(structured).toMatchObject({ records: [{ id: KNOWN_RECORD }] });
    });

    inspectorCase('it makes a reading list (legacy)', async () => {
      const { callTool } = at('legacy');
      const { draftId } = (await callTool('create_draft', { title: 'Inspected' })).structured;
      await callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD });
      const { structured } = await callTool('read_draft', { draftId });
      expect(structured).toMatchObject({ title: 'Inspected', entries: [{ recordId: KNOWN_RECORD }] });
    });

    inspectorCase('it stages a loan and takes it back, and is told what cannot be committed (legacy)', async () => {
      const { callTool } = at('legacy');
      const { transactionId } = (await callTool('begin_transaction')).structured;
      const refused = await callTool('commit_transaction', { transactionId });
      expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('Nothing is staged') });
      const staged = await callTool('stage_change', { transactionId, recordId: KNOWN_RECORD, change: 'take' });
      expect(staged.structured).toMatchObject({ staged: [{ recordId: KNOWN_RECORD }] });
      expect(await callTool('rollback_transaction', { transactionId })).toMatchObject({ isError: false });
    });

    inspectorCase('it begins a report, asks for it and cancels it (modern)', async () => {
      const { callTool } = at('modern');
      const { jobId } = (await callTool('start_report', FEW)).structured;
      expect((await callTool('get_job_result', { jobId })).structured).toMatchObject({ jobId });
      expect((await callTool('cancel_job', { jobId })).structured).toMatchObject({ jobId });
    });

    inspectorCase('it reads a page, and which deployment answers (modern)', async () => {
      const { callTool } = at('modern');
      expect((await callTool('fetch_page', { url: lane.site.page('/plain') })).text).toContain('Plain text.');
      expect((await callTool('runtime_info')).structured).toMatchObject({ target: app.name });
    });

    inspectorCase('it is told why it cannot be asked, and brings a book back without (both eras)', async () => {
      const withdrawal = ['withdraw_record', { recordId: KNOWN_RECORD }] as const;
      await expect(at('modern').callTool(...withdrawal)).rejects.toThrow(/capabilities do not declare/);
      const refused = await at('legacy').callTool(...withdrawal);
      expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('MCP_SESSIONS=on') });
      const restored = await at('legacy').callTool('restore_record', { recordId: KNOWN_RECORD });
      expect(restored.structured).toMatchObject({ withdrawn: false });
    });

    inspectorCase('it finds no tool that is not there (modern)', async () => {
      await expect(at('modern').callTool('lookup_records')).rejects.toMatchObject({ code: 'tool_not_found' });
    });

    for (const { what, tool, args, message } of onePerTool(BAD_CALLS)) {
      inspectorCase(`it shows that ${tool} refuses ${what} (modern)`, async () => {
        const { isError, text } = await at('modern').callTool(tool, args);
        expect({ isError, text }).toEqual({ isError: true, text: expect.stringMatching(message) });
      });
    }
  });
}

function onePerTool<Call extends { readonly tool: string }>(calls: readonly Call[]): readonly Call[] {
  return [...new Map(calls.map((call) => [call.tool, call])).values()];
}
