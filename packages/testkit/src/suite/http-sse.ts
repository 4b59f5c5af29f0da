import { LIMITS } from '@mcp-everywhere/platform/limits';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { describe, expect, onTestFinished } from 'vitest';
import { connectHttpSse } from '../clients/http-sse-client.ts';
import { streamText } from '../clients/stream-text.ts';
import { post } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { Lane } from './lane.ts';
import { expectRefusal } from './refusal.ts';

const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

/** HTTP+SSE of 2024-11-05, where the target can serve it; where it cannot, the server does not start with it. */
export function httpSse(lane: Lane): void {
  const { app } = lane;
  if (LIMITS[app.name].httpSse.served === 'no') return;

  /** Opens a stream, and gives where its messages go. */
  const opened = async () => {
    const client = new AbortController();
    onTestFinished(() => client.abort());
    const response = await fetch(`${lane.open.url}/sse`, {
      headers: { accept: 'text/event-stream' },
      signal: client.signal,
    });
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const { upTo } = streamText(response);
    return { address: await upTo(/^data: (\S+)\n/m), upTo, leave: () => client.abort() };
  };
  const send = (address: string, body: string) => lane.recorder.fetch(`${lane.open.url}${address}`, post(body));

  describe('HTTP+SSE', () => {
    laneCase(app.name, 'serves a real client: it lists the tools, calls one, and is asked', async () => {
      const messages: string[] = [];
      const client = await connectHttpSse(new URL('/sse', lane.open.url), (message) => {
        messages.push(message);
        return { action: 'accept', content: { confirm: true } };
      });
      onTestFinished(() => client.close());
      const tools = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(catalogueSurface.tools.map(({ name }) => name));
      const { structured } = await client.callTool('lookup_record', { id: KNOWN_RECORD });
      expect(structured).toMatchObject({ id: KNOWN_RECORD });
      const withdrawn = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
      await client.callTool('restore_record', { recordId: KNOWN_RECORD });
      expect(withdrawn.structured).toMatchObject({ withdrawn: true });
      expect(messages).toEqual([expect.stringContaining('Jane Austen')]);
    });

    laneCase(app.name, 'a client that closes the stream stops the tool, and its session is gone', async () => {
      const { address, upTo, leave } = await opened();
      const left = lane.site.left('/dripping?http-sse');
      const params = {
        name: 'fetch_page',
        arguments: { url: lane.site.page('/dripping?http-sse') },
        _meta: { progressToken: 'p' },
      };
      await send(address, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
      await upTo(/notifications\/progress/);
      leave();
      await left;
      await expectRefusal(await send(address, PING), { status: 404, code: -32_001, id: 1, message: /GET \/sse/ });
    });

    laneCase(app.name, 'refuses what is no message of a session, and goes on', async () => {
      const { address, upTo } = await opened();
      const unknown = `/messages?sessionId=${crypto.randomUUID()}`;
      await expectRefusal(await send(unknown, PING), { status: 404, code: -32_001, id: 1, message: /GET \/sse/ });
      await expectRefusal(await send('/messages', PING), { status: 400, code: -32_000, id: 1, message: /sessionId/ });
      await expectRefusal(await send(address, '{'), { status: 400, code: -32_700, message: /not valid JSON/ });
      await expectRefusal(await send(address, '[]'), { status: 400, code: -32_600, message: /JSON-RPC/ });
      const posted = await send('/sse', PING);
      expect(posted.headers.get('allow')).toBe('GET');
      await expectRefusal(posted, { status: 405, code: -32_000, message: /by GET/ });
      expect((await send(address, PING)).status).toBe(202);
      expect(await upTo(/^data: (\{.*"id":1.*)\n/m)).toContain('"result":{}');
    });
  });
}
