import { afterEach, describe, expect } from 'vitest';
import type { Elicit } from '../clients/client.ts';
import { laneCase } from './case.ts';
import type { ClientLane } from './lane.ts';

/** A book that no other case is about. */
export const BOOK = { id: 'melville-moby-dick', title: 'Moby-Dick; or, The Whale', author: 'Herman Melville' };

/** Input in the middle of a call, as clients have it. */
export function inputRequired(lane: ClientLane): void {
  const { app } = lane;
  const restored = () => restoreBook(lane);

  describe('input in the middle of a call', () => {
    afterEach(restored);

    laneCase(
      app.name,
      'a user confirms that a book is withdrawn; it is not shown until it is brought back',
      async () => {
        const messages: string[] = [];
        const client = await lane.connect('modern', (message) => {
          messages.push(message);
          return { action: 'accept', content: { confirm: true } };
        });
        const { structured } = await client.callTool('withdraw_record', { recordId: BOOK.id, reason: 'Wet.' });
        expect(structured).toMatchObject({ ...named(), withdrawn: true, reason: 'Wet.' });
        expect(messages).toEqual([expect.stringContaining(`"${BOOK.title}", by ${BOOK.author}`)]);

        const reader = await lane.connect('legacy');
        const search = () => reader.callTool('search_records', { query: 'melville moby' });
        expect((await reader.callTool('lookup_record', { id: BOOK.id })).text).toContain('has been withdrawn');
        expect((await search()).structured).toMatchObject({ records: [] });
        await expect(reader.readResource(`record://${BOOK.id}`)).rejects.toMatchObject({ code: -32_602 });

        await restored();
        expect((await reader.callTool('lookup_record', { id: BOOK.id })).structured).toMatchObject({ id: BOOK.id });
        expect((await search()).structured).toMatchObject({ records: [{ id: BOOK.id }] });
      },
    );

    for (const action of ['decline', 'cancel'] as const) {
      laneCase(app.name, `a user answers by ${action}, and everything stays as it was`, async () => {
        const client = await lane.connect('modern', () => ({ action }));
        const { isError, structured, text } = await client.callTool('withdraw_record', { recordId: BOOK.id });
        expect({ isError, structured }).toEqual({ isError: false, structured: { ...named(), withdrawn: false } });
        expect(text).toContain('did not confirm');
        expect((await client.callTool('lookup_record', { id: BOOK.id })).structured).toMatchObject({ id: BOOK.id });
      });
    }

    laneCase(
      app.name,
      'a legacy client without a session is refused at once, whether it shows forms or not',
      async () => {
        const accept: Elicit = () => ({ action: 'accept', content: { confirm: true } });
        for (const elicit of [undefined, accept]) {
          const client = await lane.connect('legacy', elicit);
          const begun = Date.now();
          const { isError, text } = await client.callTool('withdraw_record', { recordId: BOOK.id });
          expect({ isError, text }).toEqual({ isError: true, text: expect.stringMatching(/session.*2026-07-28/) });
          expect(Date.now() - begun).toBeLessThan(5_000);
        }
      },
    );

    laneCase(app.name, 'a book that is lent cannot be withdrawn, nor one be lent that is', async () => {
      const client = await lane.connect('modern', () => ({ action: 'accept', content: { confirm: true } }));
      const lend = async (change: 'take' | 'return') => {
        const { transactionId } = (await client.callTool('begin_transaction')).structured;
        const staged = await client.callTool('stage_change', { transactionId, recordId: BOOK.id, change });
        if (!staged.isError) await client.callTool('commit_transaction', { transactionId });
        return staged;
      };
      await lend('take');
      const { isError, text } = await client.callTool('withdraw_record', { recordId: BOOK.id });
      expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining('1 of its 3 copies are out') });
      await lend('return');
      await client.callTool('withdraw_record', { recordId: BOOK.id });
      expect(await lend('take')).toMatchObject({ isError: true, text: expect.stringContaining('has been withdrawn') });
    });
  });
}

/** Brings the book back that these cases withdraw. */
export async function restoreBook(lane: ClientLane): Promise<void> {
  const client = await lane.connect('legacy');
  const { structured } = await client.callTool('restore_record', { recordId: BOOK.id });
  expect(structured).toEqual({ ...named(), withdrawn: false });
}

function named() {
  const { id: recordId, title, author } = BOOK;
  return { recordId, title, author };
}
