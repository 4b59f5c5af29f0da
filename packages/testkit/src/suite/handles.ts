import { describe, expect } from 'vitest';
import type { EraClient } from '../clients/client.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { ClientLane } from './lane.ts';

const UNKNOWN_TRANSACTION = `transaction_${'0'.repeat(32)}`;
const GONE = /unknown, has ended or has expired.*begin_transaction/;

/** Handles that lead nowhere, and what has ended and stays as it ended. */
export function handles(lane: ClientLane): void {
  const { app } = lane;
  const begun = async (client: EraClient) =>
    String((await client.callTool('begin_transaction')).structured.transactionId);
  const stage = { recordId: KNOWN_RECORD, change: 'take' };
  const goOn = (client: EraClient, transactionId: string) => ({
    stage: () => client.callTool('stage_change', { transactionId, ...stage }),
    commit: () => client.callTool('commit_transaction', { transactionId }),
    rollback: () => client.callTool('rollback_transaction', { transactionId }),
  });

  describe('handles that lead nowhere', () => {
    for (const era of ['modern', 'legacy'] as const) {
      laneCase(app.name, `an unknown transaction is refused by all that would go on with it (${era})`, async () => {
        for (const call of Object.values(goOn(await lane.connect(era), UNKNOWN_TRANSACTION))) {
          expect(await call()).toMatchObject({ isError: true, text: expect.stringMatching(GONE) });
        }
      });
    }

    laneCase(app.name, 'a transaction without anything staged is not committed', async () => {
      const client = await lane.connect('modern');
      const { isError, text } = await goOn(client, await begun(client)).commit();
      expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining('Nothing is staged') });
    });

    laneCase(app.name, 'a transaction that was rolled back is as good as unknown', async () => {
      const client = await lane.connect('modern');
      const calls = goOn(client, await begun(client));
      await calls.stage();
      expect(await calls.rollback()).toMatchObject({ isError: false });
      for (const call of [calls.stage, calls.commit, calls.rollback]) {
        expect(await call()).toMatchObject({ isError: true, text: expect.stringMatching(GONE) });
      }
    });

    laneCase(app.name, 'a transaction that is committed takes no more, and is committed once', async () => {
      const client = await lane.connect('legacy');
      const { stage, commit, rollback } = goOn(client, await begun(client));
      await stage();
      const committed = await commit();
      expect(committed).toMatchObject({ isError: false });
      expect(await commit()).toEqual(committed);
      for (const call of [stage, rollback]) {
        expect(await call()).toMatchObject({ isError: true, text: expect.stringMatching(GONE) });
      }
      const transactionId = await begun(client);
      const returned = await client.callTool('stage_change', {
        transactionId,
        recordId: KNOWN_RECORD,
        change: 'return',
      });
      expect(returned.isError).toBe(false);
      const more = { transactionId, recordId: KNOWN_RECORD, change: 'return', copies: 2 };
      expect((await client.callTool('stage_change', more)).text).toContain('You have 1 copies');
      expect((await goOn(client, transactionId).commit()).isError).toBe(false);
    });
  });
}
