import { describe, expect } from 'vitest';
import { modern } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import { ALLOWED_ORIGIN, type Lane } from './lane.ts';
import { expectRefusal } from './refusal.ts';

/** A page that a developer serves on this machine. */
const LOOPBACK_ORIGIN = 'http://localhost:5173';
const call = { name: 'lookup_record', arguments: { id: KNOWN_RECORD } };

/** What HTTP itself is asked: other methods, other paths, and browsers. */
export function http(lane: Lane): void {
  const { app } = lane;
  const request = (path: string, init: RequestInit = {}) =>
    lane.recorder.fetch(`${lane.open.url}${path}`, { ...init, signal: AbortSignal.timeout(5_000) });
  const preflight = (base: string, origin: string) =>
    fetch(`${base}/mcp`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,mcp-protocol-version,mcp-method,mcp-name',
      },
    });

  describe('HTTP', () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      laneCase(app.name, `${method} /mcp gets 405 at once: there is no session and no stream`, async () => {
        const response = await request('/mcp', { method, headers: { accept: 'text/event-stream' } });
        expect(response.headers.get('allow')).toBe('POST');
        await expectRefusal(response, { status: 405, code: -32_000, message: /by POST/ });
      });
    }

    laneCase(app.name, 'an unknown path gets 404 and says what there is', async () => {
      const response = await request('/nowhere');
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: expect.stringContaining('The MCP endpoint is /mcp') });
    });

    laneCase(app.name, 'GET and HEAD /healthz are answered', async () => {
      const got = await request('/healthz');
      expect(got.status).toBe(200);
      expect(await got.json()).toMatchObject({ status: 'ok', surfaceHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const head = await request('/healthz', { method: 'HEAD' });
      expect({ status: head.status, body: await head.text() }).toEqual({ status: 200, body: '' });
    });

    laneCase(app.name, '/ is a page for people, with the endpoint and the surface hash on it', async () => {
      const { surfaceHash } = await (await request('/healthz')).json();
      const response = await request('/');
      const page = await response.text();
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(page).toContain(`${lane.open.url}/mcp`);
      expect(page).toContain(surfaceHash);
    });

    laneCase(app.name, 'every answer carries a request id, the one of the request where it brought one', async () => {
      const own = await lane.send(modern('tools/list', {}, { id: 1 }));
      expect(own.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
      const given = await lane.send(modern('tools/list', {}, { id: 1, headers: { 'x-request-id': 'trace-42' } }));
      expect(given.headers.get('x-request-id')).toBe('trace-42');
    });

    laneCase(app.name, 'a page on loopback may call, preflight and all', async () => {
      const asked = await preflight(lane.open.url, LOOPBACK_ORIGIN);
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-origin')).toBe(LOOPBACK_ORIGIN);
      expect(asked.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
      const called = await lane.send(modern('tools/call', call, { id: 1, headers: { origin: LOOPBACK_ORIGIN } }));
      expect(called.status).toBe(200);
      expect(called.headers.get('access-control-allow-origin')).toBe(LOOPBACK_ORIGIN);
      await called.text();
    });

    laneCase(app.name, 'a page of elsewhere may not, unless its origin is listed', async () => {
      const foreign = await preflight(lane.open.url, ALLOWED_ORIGIN);
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
      const listed = await preflight(lane.guarded.url, ALLOWED_ORIGIN);
      expect(listed.headers.get('access-control-allow-origin')).toBe(ALLOWED_ORIGIN);
    });
  });
}
