import { describe, expect } from 'vitest';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { ClientLane } from './lane.ts';
import { createdDraft } from './tools.ts';

/** State that hangs on handles, and on no connection. */
export function sharedState(lane: ClientLane): void {
  const { app } = lane;
  describe('state across connections and eras', () => {
    laneCase(
      app.name,
      'a draft begun by one client is added to by another of the other era, and read by a third',
      async () => {
        const draftId = await createdDraft(await lane.connect('modern'), 'Passed around');
        await (await lane.connect('legacy')).callTool('append_to_draft', { draftId, recordId: KNOWN_RECORD });
        const { structured } = await (await lane.connect('modern')).callTool('read_draft', { draftId });
        expect(structured).toMatchObject({ title: 'Passed around', entries: [{ recordId: KNOWN_RECORD }] });
      },
    );

    laneCase(app.name, 'of twenty additions at once, none is lost', async () => {
      const client = await lane.connect('modern');
      const draftId = await createdDraft(client, 'All at once');
      const { structured } = await client.callTool('search_records', { limit: 20 });
      const recordIds = idsOf(structured);
      expect(recordIds).toHaveLength(20);
      await Promise.all(recordIds.map((recordId) => client.callTool('append_to_draft', { draftId, recordId })));
      const read = await client.callTool('read_draft', { draftId });
      expect(entryIdsOf(read.structured).sort()).toEqual([...recordIds].sort());
    });

    laneCase(
      app.name,
      'of two transactions over the same book, the later is refused and says what changed',
      async () => {
        const [modern, legacy] = [await lane.connect('modern'), await lane.connect('legacy')];
        const ids = await Promise.all(
          [modern, legacy].map(async (client) => {
            const { transactionId } = (await client.callTool('begin_transaction')).structured;
            await client.callTool('stage_change', { transactionId, recordId: KNOWN_RECORD, change: 'take' });
            return transactionId;
          }),
        );
        const [first, second] = ids;
        const committed = await legacy.callTool('commit_transaction', { transactionId: second });
        expect(committed.structured).toMatchObject({
          changed: [{ recordId: KNOWN_RECORD, change: 'take', copies: 1 }],
        });
        const refused = await modern.callTool('commit_transaction', { transactionId: first });
        expect(refused.isError).toBe(true);
        expect(refused.text).toContain(KNOWN_RECORD);
        expect((await modern.callTool('rollback_transaction', { transactionId: first })).isError).toBe(false);

        const { transactionId } = (await modern.callTool('begin_transaction')).structured;
        await modern.callTool('stage_change', { transactionId, recordId: KNOWN_RECORD, change: 'return' });
        expect((await modern.callTool('commit_transaction', { transactionId })).isError).toBe(false);
      },
    );

    laneCase(app.name, 'a search goes on in another connection of the other era, and repeats nothing', async () => {
      const modern = await lane.connect('modern');
      const first = await modern.callTool('search_records', { query: 'love', limit: 5 });
      const { searchId } = first.structured;
      const legacy = await lane.connect('legacy');
      const second = await legacy.callTool('search_records', { query: 'love', limit: 5, searchId });
      const third = await modern.callTool('search_records', { limit: 50, searchId });
      const returned = [first, second, third].flatMap(({ structured }) => idsOf(structured));
      expect(returned.length).toBeGreaterThan(10);
      expect(new Set(returned).size).toBe(returned.length);
      expect(second.structured).toMatchObject({ searchId, heldBack: 5 });
    });

    laneCase(app.name, 'a cursor pages through a query to its end without repeating anything', async () => {
      const client = await lane.connect('legacy');
      const returned: string[] = [];
      let cursor: unknown;
      let total: unknown;
      do {
        const { structured } = await client.callTool('search_records', {
          limit: 50,
          ...(cursor !== undefined && { cursor }),
        });
        returned.push(...idsOf(structured));
        ({ nextCursor: cursor, total } = structured);
      } while (cursor !== undefined);
      expect(returned).toHaveLength(Number(total));
      expect(new Set(returned).size).toBe(returned.length);
    });
  });
}

function idsOf({ records }: Readonly<Record<string, unknown>>): string[] {
  return stringsOf(records, 'id');
}

function entryIdsOf({ entries }: Readonly<Record<string, unknown>>): string[] {
  return stringsOf(entries, 'recordId');
}

function stringsOf(list: unknown, member: string): string[] {
  expect(list).toBeInstanceOf(Array);
  return Array.isArray(list) ? list.map((item) => String(item[member])) : [];
}
