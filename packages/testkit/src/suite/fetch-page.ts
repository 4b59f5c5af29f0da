import { beforeAll, describe, expect } from 'vitest';
import * as z from 'zod';
import { legacy, messageOf } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { laneCase } from './case.ts';
import type { Lane } from './lane.ts';

const TIME_LIMIT = /took longer than 8 seconds/;

const answer = z.object({
  result: z.object({
    isError: z.boolean().default(false),
    content: z.array(z.object({ text: z.string() })),
    structuredContent: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** `fetch_page` against a real site: what it reads, and what it will not. */
export function fetchPage(lane: Lane): void {
  const { app } = lane;
  const fetched = async ({ url: server }: LaunchedApp, url: string) => {
    const { headers, body, method } = legacy('tools/call', { name: 'fetch_page', arguments: { url } }, { id: 1 });
    const response = await lane.recorder.fetch(`${server}/mcp`, {
      method,
      headers,
      body,
      signal: AbortSignal.timeout(15_000),
    });
    const { isError, content, structuredContent } = answer.parse(messageOf(await response.text())).result;
    return { isError, text: content[0]?.text ?? '', ...structuredContent };
  };
  const expectRefused = async (server: LaunchedApp, url: string, message: RegExp) =>
    expect(await fetched(server, url)).toEqual({ isError: true, text: expect.stringMatching(message) });

  // They take the whole time limit: asked for when the lane starts and looked at here, they cost it nothing.
  let silent: ReturnType<typeof fetched>;
  let stalled: ReturnType<typeof fetched>;
  beforeAll(() => {
    silent = fetched(lane.open, lane.site.page('/silent'));
    stalled = fetched(lane.open, lane.site.page('/stalled'));
  });

  describe('fetch_page', () => {
    for (const path of ['/page', '/gzipped']) {
      laneCase(app.name, `reads the text of an HTML page (${path})`, async () => {
        const { text, ...page } = await fetched(lane.open, lane.site.page(path));
        expect(page).toMatchObject({ isError: false, status: 200, title: 'The Reading Room', truncated: false });
        expect(text).toContain('Monday & Tuesday: nine to five.');
        expect(text).not.toContain('in a script');
      });
    }

    laneCase(app.name, 'gives a page read before out of its cache', async () => {
      expect(await fetched(lane.open, lane.site.page('/plain?again'))).toMatchObject({ fromCache: false });
      expect(await fetched(lane.open, lane.site.page('/plain?again'))).toMatchObject({
        fromCache: true,
        text: expect.stringContaining('Plain text.'),
      });
    });

    laneCase(app.name, 'follows a redirect to a declared host, and says where it came to', async () => {
      const { hosts, page } = lane.site;
      const url = `http://${hosts[1]}/plain`;
      expect(await fetched(lane.open, page(`/moved?to=${encodeURIComponent(url)}`))).toMatchObject({
        isError: false,
        url,
      });
    });

    laneCase(app.name, 'follows no redirect to a host that is not declared', async () => {
      await expectRefused(
        lane.open,
        lane.site.page(`/moved?to=${encodeURIComponent('http://127.0.0.2:1/')}`),
        /"127\.0\.0\.2:1" is not one of the hosts/,
      );
    });

    laneCase(app.name, 'cuts a page that is too large, and says so', async () => {
      expect(await fetched(lane.open, lane.site.page('/large'))).toMatchObject({
        isError: false,
        truncated: true,
        totalCharacters: 2 * 1024 * 1024,
      });
    });

    laneCase(app.name, 'refuses what is no text, and what is not there', async () => {
      await expectRefused(lane.open, lane.site.page('/image'), /is "image\/png"/);
      await expectRefused(lane.open, lane.site.page('/missing'), /answered with status 404/);
    });

    laneCase(
      app.name,
      'reaches no private address or name where that is not allowed, though the host is declared',
      async () => {
        const [address, name] = lane.site.hosts;
        await expectRefused(lane.guarded, `http://${address}/page`, /"127\.0\.0\.1" is a private address/);
        await expectRefused(lane.guarded, `http://${name}/page`, /"localhost" is a private address or name/);
        // Other notations of the same address.
        const port = address?.split(':')[1];
        for (const host of ['2130706433', '0x7f.1', '127.1']) {
          await expectRefused(lane.guarded, `http://${host}:${port}/page`, /"127\.0\.0\.1" is a private address/);
        }
      },
    );

    laneCase(app.name, 'reaches no host that is not declared', async () => {
      for (const host of ['example.com', '169.254.169.254', '[::1]', '0.0.0.0']) {
        await expectRefused(lane.guarded, `http://${host}/`, /is not one of the hosts/);
      }
    });

    laneCase(app.name, 'gives up a page that does not answer, or does not end, within its time', async () => {
      expect(await silent).toEqual({ isError: true, text: expect.stringMatching(TIME_LIMIT) });
      expect(await stalled).toEqual({ isError: true, text: expect.stringMatching(TIME_LIMIT) });
    });
  });
}
