import { describe, expect } from 'vitest';
import { legacy, messageOf, modern, post, type WireRequest } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD, MISSPELT_RECORD } from './catalogue-facts.ts';
import type { Lane } from './lane.ts';
import { STACK_TRACE } from './refusal.ts';

const CONCURRENT = 50;
const DEPTH = 10_000;
/** Under the limit of 1 MiB with what goes around it. */
const LARGE_ARGUMENT = 900 * 1024;

/** Input that is well-formed, and meant to hurt. */
export function load(lane: Lane): void {
  const { app } = lane;
  const wellAfterwards = async () => {
    const response = await lane.send(
      modern('tools/call', { name: 'lookup_record', arguments: { id: KNOWN_RECORD } }, { id: 1 }),
    );
    expect(messageOf(await response.text())).toMatchObject({
      id: 1,
      result: { structuredContent: { id: KNOWN_RECORD } },
    });
  };

  describe('input that means harm', () => {
    laneCase(
      app.name,
      `${CONCURRENT} calls at once are each answered with their own id, and with what they asked for`,
      async () => {
        const ids = Array.from({ length: CONCURRENT }, (_, index) => `c-${index}`);
        const answers = await Promise.all(
          ids.map(async (id, index) => {
            const asked = { name: 'lookup_record', arguments: { id: `${MISSPELT_RECORD}-${index}` } };
            const request = index % 2 === 0 ? modern('tools/call', asked, { id }) : legacy('tools/call', asked, { id });
            return messageOf(await (await lane.send(request)).text());
          }),
        );
        expect(answers).toEqual(
          ids.map((id, index) =>
            expect.objectContaining({
              id,
              result: expect.objectContaining({
                isError: true,
                content: [{ type: 'text', text: expect.stringContaining(`"${MISSPELT_RECORD}-${index}"`) }],
              }),
            }),
          ),
        );
      },
    );

    for (const [place, request] of Object.entries(nested())) {
      laneCase(
        app.name,
        `JSON nested ${DEPTH} levels deep in ${place} is refused or ignored, and does no harm`,
        async () => {
          const response = await lane.send(request);
          const body = await response.text();
          expect([200, 400]).toContain(response.status);
          expect(messageOf(body)).toMatchObject({ jsonrpc: '2.0', id: 'deep' });
          expect(body).not.toMatch(STACK_TRACE);
          await wellAfterwards();
        },
      );
    }

    laneCase(app.name, 'an argument of 900 KiB is refused in few words', async () => {
      const asked = { name: 'lookup_record', arguments: { id: 'x'.repeat(LARGE_ARGUMENT) } };
      for (const request of [modern('tools/call', asked, { id: 'big' }), legacy('tools/call', asked, { id: 'big' })]) {
        const body = await (await lane.send(request)).text();
        expect(messageOf(body)).toMatchObject({ id: 'big', result: { isError: true } });
        expect(body.length).toBeLessThan(2_000);
      }
      await wellAfterwards();
    });
  });
}

function nested(): Record<string, WireRequest> {
  const deep = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;
  const MARK = '"here"';
  const with_ = (request: WireRequest) => post(request.body.replace(MARK, deep), request.headers);
  const call = (args: unknown) => ({ name: 'lookup_record', arguments: args });
  return {
    'a modern argument': with_(modern('tools/call', call({ id: 'here' }), { id: 'deep' })),
    'a modern argument nobody asked for': with_(
      modern('tools/call', call({ id: KNOWN_RECORD, more: 'here' }), { id: 'deep' }),
    ),
    'a legacy argument': with_(legacy('tools/call', call({ id: 'here' }), { id: 'deep' })),
    'a modern parameter': with_(modern('tools/list', { more: 'here' }, { id: 'deep' })),
  };
}
