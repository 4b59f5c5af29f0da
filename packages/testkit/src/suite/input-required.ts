import { createHmac } from 'node:crypto';
import { afterEach, describe, expect } from 'vitest';
import * as z from 'zod';
import type { Elicit } from '../clients/client.ts';
import { envelope, messageOf, modern, type WireRequest } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { type Lane, REQUEST_STATE_KEY } from './lane.ts';
import { expectRefusal } from './refusal.ts';

/** A book that no other case is about. */
const BOOK = { id: 'melville-moby-dick', title: 'Moby-Dick; or, The Whale', author: 'Herman Melville' };
const OTHER_BOOK = 'austen-emma';
const CONFIRMED = { confirmation: { action: 'accept', content: { confirm: true } } };
const INVALID_STATE = { status: 200, code: -32_602, id: 'i-1', message: /^Invalid or expired requestState$/ };

const asked = z.object({
  result: z.object({
    resultType: z.literal('input_required'),
    inputRequests: z.object({ confirmation: z.looseObject({ params: z.looseObject({ message: z.string() }) }) }),
    requestState: z.string(),
  }),
});

/** A call of withdraw_record, by a client that shows forms. */
function withdrawal(more: Record<string, unknown> = {}): WireRequest {
  const _meta = { ...envelope(), 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
  return modern(
    'tools/call',
    { name: 'withdraw_record', arguments: { recordId: BOOK.id }, ...more, _meta },
    { id: 'i-1' },
  );
}

/** Begins a withdrawal. @returns the state that the client is to bring back */
export async function beginWithdrawal(send: Lane['send']): Promise<string> {
  const { result } = asked.parse(messageOf(await (await send(withdrawal())).text()));
  return result.requestState;
}

/** Confirms a withdrawal that {@link beginWithdrawal} began. @returns the message */
export async function confirmWithdrawal(send: Lane['send'], requestState: string): Promise<unknown> {
  return messageOf(await (await send(withdrawal({ inputResponses: CONFIRMED, requestState }))).text());
}

/** How the book stands after that, in what {@link confirmWithdrawal} returns. */
export const WITHDRAWN = {
  result: { resultType: 'complete', structuredContent: { recordId: BOOK.id, withdrawn: true } },
};

/** Input in the middle of a call. */
export function inputRequired(lane: Lane): void {
  const { app, send } = lane;
  const restored = async () => {
    const client = await lane.connect('legacy');
    const { structured } = await client.callTool('restore_record', { recordId: BOOK.id });
    expect(structured).toEqual({ ...named(), withdrawn: false });
  };
  const guarded: Lane['send'] = (request) =>
    lane.recorder.fetch(`${lane.guarded.url}/mcp`, { ...request, signal: AbortSignal.timeout(15_000) });

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

    laneCase(
      app.name,
      'on the wire, the second request finishes the first, and a third gets the same answer',
      async () => {
        const requestState = await beginWithdrawal(send);
        const finished = await confirmWithdrawal(send, requestState);
        expect(finished).toMatchObject({ id: 'i-1', ...WITHDRAWN });
        expect(await confirmWithdrawal(send, requestState)).toEqual(finished);
        await restored();
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

    laneCase(app.name, 'a missing answer is asked for again', async () => {
      const requestState = await beginWithdrawal(send);
      for (const inputResponses of [{}, { confirmation: 7 }, { other: CONFIRMED.confirmation }]) {
        const again = messageOf(await (await send(withdrawal({ inputResponses, requestState }))).text());
        expect(again).toMatchObject({ result: { resultType: 'input_required' } });
      }
    });

    laneCase(app.name, 'a state that is changed, or comes with another call, is refused', async () => {
      const requestState = await beginWithdrawal(send);
      const bad = [
        { requestState: `${requestState}-TAMPERED` },
        { requestState: requestState.slice(0, -2) },
        { requestState: '' },
        { requestState: 7 },
        { requestState, arguments: { recordId: OTHER_BOOK } },
        { requestState, name: 'restore_record' },
      ];
      for (const params of bad) {
        await expectRefusal(await send(withdrawal({ inputResponses: CONFIRMED, ...params })), INVALID_STATE);
      }
    });

    laneCase(app.name, 'a state of another deployment is refused', async () => {
      const requestState = await beginWithdrawal(guarded);
      await expectRefusal(await send(withdrawal({ inputResponses: CONFIRMED, requestState })), INVALID_STATE);
    });

    laneCase(app.name, 'a state that has expired is refused', async () => {
      const requestState = await beginWithdrawal(guarded);
      const late = sealedUntil(requestState, Math.floor(Date.now() / 1000) - 1);
      await expectRefusal(await guarded(withdrawal({ inputResponses: CONFIRMED, requestState: late })), INVALID_STATE);
      // That it is only the time which makes the difference.
      const good = sealedUntil(requestState, Math.floor(Date.now() / 1000) + 60);
      expect(await confirmWithdrawal(guarded, good)).toMatchObject(WITHDRAWN);
    });

    laneCase(app.name, 'a client that shows no forms is refused, and told the capability', async () => {
      const call = { name: 'withdraw_record', arguments: { recordId: BOOK.id } };
      const response = await send(modern('tools/call', call, { id: 'i-2' }));
      expect({ status: response.status, body: await response.json() }).toEqual({
        status: 400,
        body: {
          jsonrpc: '2.0',
          id: 'i-2',
          error: {
            code: -32_021,
            message: expect.stringContaining('confirmation'),
            data: { requiredCapabilities: { elicitation: { form: {} } } },
          },
        },
      });
    });

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

function named() {
  const { id: recordId, title, author } = BOOK;
  return { recordId, title, author };
}

/** The same state with another end, sealed by the key of the guarded launch: as it was, some time ago or ahead. */
function sealedUntil(requestState: string, exp: number): string {
  const [version, body] = requestState.split('.');
  const held = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
  const signed = `${version}.${Buffer.from(JSON.stringify({ ...held, exp })).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', REQUEST_STATE_KEY).update(signed).digest('base64url')}`;
}
