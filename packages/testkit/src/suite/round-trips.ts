import { createHmac } from 'node:crypto';
import { afterEach, describe, expect } from 'vitest';
import * as z from 'zod';
import { envelope, messageOf, modern, type WireRequest } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { BOOK, restoreBook } from './input-required.ts';
import { type Lane, REQUEST_STATE_KEY } from './lane.ts';
import { expectRefusal } from './refusal.ts';

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

/** Input in the middle of a call, on the wire: the state that goes to the client and back. */
export function roundTrips(lane: Lane): void {
  const { app, send } = lane;
  const restored = () => restoreBook(lane);
  const guarded: Lane['send'] = (request) =>
    lane.recorder.fetch(`${lane.guarded.url}/mcp`, { ...request, signal: AbortSignal.timeout(15_000) });

  describe('input in the middle of a call, on the wire', () => {
    afterEach(restored);

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
  });
}

/** The same state with another end, sealed by the key of the guarded launch: as it was, some time ago or ahead. */
function sealedUntil(requestState: string, exp: number): string {
  const [version, body] = requestState.split('.');
  const held = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
  const signed = `${version}.${Buffer.from(JSON.stringify({ ...held, exp })).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', REQUEST_STATE_KEY).update(signed).digest('base64url')}`;
}
