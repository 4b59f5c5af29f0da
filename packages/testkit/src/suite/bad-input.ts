import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { LEGACY_REVISION, MODERN_REVISION } from '../clients/revisions.ts';
import { envelope, legacy, messageOf, modern, post, sendRaw, type WireRequest } from '../clients/wire.ts';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { Lane } from './lane.ts';
import { type ExpectedRefusal, expectRefusal, expectRefusalBody } from './refusal.ts';

/** The default of MCP_MAX_BODY_BYTES. */
const MAX_BODY_BYTES = 1024 * 1024;

interface BadRequest {
  readonly what: string;
  readonly request: WireRequest;
  readonly refusal: ExpectedRefusal;
}

const call = { name: 'lookup_record', arguments: { id: KNOWN_RECORD } };
const tooLarge = (bytes: number) => ({ name: 'lookup_record', arguments: { id: 'a'.repeat(bytes) } });
const withRevision = (revision: string) => ({ ...call, _meta: envelope(revision) });

const BAD_REQUESTS: readonly BadRequest[] = [
  {
    what: 'malformed JSON',
    request: post('{"jsonrpc":"2.0","id":1,'),
    refusal: { status: 400, code: -32_700, message: /not valid JSON/ },
  },
  {
    what: 'an empty body',
    request: post(''),
    refusal: { status: 400, code: -32_700, message: /not valid JSON/ },
  },
  {
    what: 'a wrong content type',
    request: modern('tools/call', call, { id: 'w-1', headers: { 'content-type': 'text/plain' } }),
    refusal: { status: 415, code: -32_000, id: 'w-1', message: /Content-Type: application\/json/ },
  },
  {
    what: 'JSON that is no message',
    request: post('"hello"'),
    refusal: { status: 400, code: -32_600, message: /./ },
  },
  {
    what: 'a body over the limit that declares its length',
    request: modern('tools/call', tooLarge(MAX_BODY_BYTES), { id: 'w-2' }),
    refusal: { status: 413, code: -32_000, message: /at most 1048576 bytes \(MCP_MAX_BODY_BYTES\)/ },
  },
  {
    what: 'an unknown tool, in the modern era',
    request: modern('tools/call', { name: 'nope', arguments: {} }, { id: 'w-3' }),
    refusal: { status: 200, code: -32_602, id: 'w-3', message: /Unknown tool "nope"/ },
  },
  {
    what: 'an unknown tool, in the legacy era',
    request: legacy('tools/call', { name: 'nope', arguments: {} }, { id: 'w-4' }),
    refusal: { status: 200, code: -32_602, id: 'w-4', message: /Unknown tool "nope"/ },
  },
  {
    what: 'an unknown method, in the modern era',
    request: modern('tools/cull', {}, { id: 'w-5' }),
    refusal: { status: 404, code: -32_601, id: 'w-5', message: /./ },
  },
  {
    what: 'an unknown method, in the legacy era',
    request: legacy('tools/cull', {}, { id: 'w-6' }),
    refusal: { status: 200, code: -32_601, id: 'w-6', message: /./ },
  },
  {
    what: 'a modern revision that is not served',
    request: modern('tools/call', withRevision('2031-01-01'), {
      id: 'w-7',
      headers: { 'mcp-protocol-version': '2031-01-01' },
    }),
    refusal: { status: 400, code: -32_022, id: 'w-7', message: /Unsupported protocol version/ },
  },
  {
    what: 'a legacy revision that is not served',
    request: legacy('tools/list', {}, { id: 'w-8', headers: { 'mcp-protocol-version': '2020-01-01' } }),
    refusal: { status: 400, code: -32_022, id: 'w-8', message: /Unsupported protocol version: 2020-01-01/ },
  },
  {
    what: 'a revision header that contradicts the body',
    request: modern('tools/call', call, { id: 'w-9', headers: { 'mcp-protocol-version': LEGACY_REVISION } }),
    refusal: { status: 400, code: -32_020, id: 'w-9', message: /./ },
  },
  {
    what: 'a method header that contradicts the body',
    request: modern('tools/call', call, { id: 'w-10', headers: { 'mcp-method': 'tools/list' } }),
    refusal: { status: 400, code: -32_020, id: 'w-10', message: /./ },
  },
  {
    what: 'a name header that contradicts the body',
    request: modern('tools/call', call, { id: 'w-11', headers: { 'mcp-name': 'read_draft' } }),
    refusal: { status: 400, code: -32_020, id: 'w-11', message: /./ },
  },
  {
    what: 'a modern request without its method header',
    request: modern('tools/call', call, { id: 'w-12', headers: { 'mcp-method': undefined } }),
    refusal: { status: 400, code: -32_020, id: 'w-12', message: /./ },
  },
  {
    what: 'an envelope without client capabilities',
    request: modern(
      'tools/call',
      { ...call, _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN_REVISION } },
      { id: 'w-13' },
    ),
    refusal: { status: 400, code: -32_602, id: 'w-13', message: /./ },
  },
  {
    what: 'a foreign Origin',
    request: modern('tools/call', call, { id: 'w-14', headers: { origin: 'https://evil.example.com' } }),
    refusal: { status: 403, code: -32_000, id: 'w-14', message: /add evil\.example\.com to MCP_ALLOWED_ORIGINS/ },
  },
  {
    what: 'an opaque Origin',
    request: modern('tools/call', call, { id: 'w-15', headers: { origin: 'null' } }),
    refusal: { status: 403, code: -32_000, id: 'w-15', message: /Origin/ },
  },
  {
    what: 'a batch',
    request: post(JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: envelope() } }]), {
      'mcp-protocol-version': MODERN_REVISION,
      'mcp-method': 'tools/list',
    }),
    refusal: { status: 400, code: -32_600, message: /./ },
  },
];

/** Bad input on the wire: the HTTP status, the JSON-RPC error and the id are asserted to the letter. */
export function badInput(lane: Lane): void {
  const { app } = lane;
  describe('bad input on the wire', () => {
    for (const { what, request, refusal } of BAD_REQUESTS) {
      laneCase(app.name, `${what} gets ${refusal.status} and ${refusal.code}`, async () => {
        await expectRefusal(await lane.send(request), refusal);
      });
    }

    laneCase(
      app.name,
      'a body over the limit that declares no length gets 413, and no later request is lost by it',
      async () => {
        const connection = new Agent({ keepAlive: true, maxSockets: 1 });
        const send = (request: WireRequest) => sendRaw(`${lane.open.url}/mcp`, request, { agent: connection });
        const { status, body } = await send({ ...post(' '.repeat(2 * MAX_BODY_BYTES)), chunked: true });
        expectRefusalBody(status, body, { status: 413, code: -32_000, message: /at most 1048576 bytes/ });
        // A server that leaves the rest unread has to close the connection, and to say so (`connection: close`): a client
        // that was not told loses the request it sends next.
        for (const end = Date.now() + 800; Date.now() < end; await delay(50)) {
          expect((await send(modern('tools/list', {}, { id: 1 }))).status).toBe(200);
        }
        connection.destroy();
      },
    );

    laneCase(app.name, 'a foreign Host gets 403, as a rebound DNS name would', async () => {
      const request = modern('tools/call', call, { id: 'w-16' });
      const { status, body } = await sendRaw(`${lane.open.url}/mcp`, request, { host: 'evil.example.com' });
      expectRefusalBody(status, body, {
        status: 403,
        code: -32_000,
        id: 'w-16',
        message: /add evil\.example\.com to MCP_ALLOWED_HOSTS/,
      });
    });

    laneCase(app.name, 'arguments that do not fit are a tool error, in both eras', async () => {
      const bad = { name: 'lookup_record', arguments: { id: { nested: true } } };
      for (const request of [modern('tools/call', bad, { id: 'w-17' }), legacy('tools/call', bad, { id: 'w-17' })]) {
        const response = await lane.send(request);
        expect(response.status).toBe(200);
        expect(messageOf(await response.text())).toMatchObject({
          id: 'w-17',
          result: {
            isError: true,
            content: [{ text: expect.stringContaining('Invalid arguments for tool "lookup_record": id: ') }],
          },
        });
      }
    });

    laneCase(
      app.name,
      'initialize with a revision nobody knows is answered with the latest one of its era',
      async () => {
        const params = { protocolVersion: '1999-12-31', capabilities: {}, clientInfo: { name: 'old', version: '0' } };
        const response = await lane.send(
          legacy('initialize', params, { id: 1, headers: { 'mcp-protocol-version': undefined } }),
        );
        expect(messageOf(await response.text())).toMatchObject({ id: 1, result: { protocolVersion: LEGACY_REVISION } });
      },
    );

    laneCase(app.name, 'a notification gets 202 and no body, in both eras', async () => {
      const cancelled = { requestId: 'gone', reason: 'changed my mind' };
      for (const request of [
        modern('notifications/cancelled', cancelled),
        legacy('notifications/cancelled', cancelled),
        legacy('notifications/initialized'),
      ]) {
        const response = await lane.send(request);
        expect({ status: response.status, body: await response.text() }).toEqual({ status: 202, body: '' });
      }
    });
  });
}
