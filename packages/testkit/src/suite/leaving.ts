import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import * as z from 'zod';
import { streamText } from '../clients/stream-text.ts';
import { envelope, legacy, modern, type WireRequest } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import type { Lane } from './lane.ts';

/** Far less than the 8 s after which `fetch_page` gives up a page by itself. */
const STOPS_WITHIN_MS = 3_000;

const PROGRESS = { progressToken: 'p-1' };
/** More than a runtime reads at once: how it notices that a client has left may depend on it. */
const BAGGAGE = { baggage: `note=${'x'.repeat(4096)}` };
const fetchOf = (url: string) => ({ name: 'fetch_page', arguments: { url } });

/** How a page is asked for by a client that wants to be told how far it is, and so is answered by a stream. */
const STREAMED = {
  modern: (url: string) => modern('tools/call', { ...fetchOf(url), _meta: { ...envelope(), ...PROGRESS } }, { id: 1 }),
  legacy: (url: string) => legacy('tools/call', { ...fetchOf(url), _meta: PROGRESS }, { id: 1 }),
} as const;
const ERAS = ['modern', 'legacy'] as const;

const told = z.union([
  z
    .object({ method: z.literal('notifications/progress'), params: z.object({ progress: z.number() }) })
    .transform(({ params: { progress } }) => ({ progress })),
  z.object({ id: z.number() }),
]);

/** What a client is told while a tool works, and that no tool works for a client that has left. */
export function leaving(lane: Lane): void {
  const { app } = lane;

  /** Asks for a page that does not end, leaves when the call is under way, and sees whether the page is left alone. */
  const leaves = async (
    path: string,
    requestFor: (url: string) => WireRequest,
    isUnderWay: (answer: Promise<Response>) => Promise<unknown>,
  ) => {
    const client = new AbortController();
    const left = lane.site.left(path).then(() => true);
    const answer = fetch(`${lane.open.url}/mcp`, { ...requestFor(lane.site.page(path)), signal: client.signal });
    answer.catch(() => {});
    await isUnderWay(answer);
    client.abort();
    const stopped = await Promise.race([left, delay(STOPS_WITHIN_MS, false)]);
    if (!stopped) throw new Error(`${path} is still read ${STOPS_WITHIN_MS} ms after the client has left`);
  };

  describe('while a tool works', () => {
    for (const era of ERAS) {
      laneCase(
        app.name,
        `a client is told how far a tool is, in order, and then gets the answer (${era})`,
        async () => {
          const response = await lane.send(STREAMED[era](lane.site.page(`/book?${era}`)));
          expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
          expect(response.headers.get('x-accel-buffering')).toBe('no');
          const events = (await response.text()).match(/^data: \{.*$/gm) ?? [];
          const messages = events.map((event) => told.parse(JSON.parse(event.slice('data: '.length))));
          expect(messages.pop()).toEqual({ id: 1 });
          const progress = messages.map((message) => ('progress' in message ? message.progress : undefined));
          expect(progress.length).toBeGreaterThan(2);
          expect(progress).toEqual([...new Set(progress)].sort((one, other) => Number(one) - Number(other)));
        },
      );
    }

    laneCase(app.name, 'a client stops a tool by closing the stream, in either era', async () => {
      const leaving = ERAS.map((era) =>
        leaves(`/dripping?${era}`, STREAMED[era], async (answer) =>
          streamText(await answer).upTo(/notifications\/progress/),
        ),
      );
      await Promise.all(leaving);
    });

    laneCase(app.name, 'a client stops a tool by leaving before there is an answer', () => {
      const arrived = lane.site.requested('/silent?left');
      return leaves(
        '/silent?left',
        (url) => modern('tools/call', { ...fetchOf(url), _meta: { ...envelope(), ...BAGGAGE } }, { id: 1 }),
        () => arrived,
      );
    });
  });
}
