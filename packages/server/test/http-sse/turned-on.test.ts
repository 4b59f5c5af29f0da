import { TARGETS } from '@mcp-everywhere/platform';
import { EnvironmentError } from '@mcp-everywhere/platform/env';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { StreamedResponse } from '@mcp-everywhere/platform/process/streamed-response';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServer } from '../../src/index.ts';
import { eventReader } from '../event-reader.ts';
import { fixtureSurface, memoryPlatform } from '../fixture.ts';

const httpSse = async () => (await import('../../src/http-sse/http-sse.ts')).httpSse(() => new StreamedResponse());
const ON = { MCP_HTTP_SSE: 'on' };
const PATHS = ['/sse', '/messages?sessionId=1'];

function request(path: string, headers: Record<string, string> = {}) {
  return new Request(`http://localhost${path}`, {
    headers: { host: 'localhost', accept: 'text/event-stream', 'x-request-id': 'req-1', ...headers },
  });
}

function serverWith(environment: Record<string, string>) {
  const server = createServer(fixtureSurface, memoryPlatform(environment), { loopback: true, httpSse });
  onTestFinished(() => server.close());
  return server;
}

describe('HTTP+SSE', () => {
  test.each(PATHS)('is off unless it is turned on: nothing is at %s', async (path) => {
    for (const server of [serverWith({}), serverWith({ MCP_HTTP_SSE: 'off' })]) {
      expect((await server.fetch(request(path))).status).toBe(404);
    }
  });

  test('is served where it is turned on, and ends with the server', async () => {
    const server = serverWith(ON);
    const response = await server.fetch(request('/sse'));
    expect(response.headers.get('x-request-id')).toBe('req-1');
    const events = eventReader(response);
    expect((await events.event())?.data).toMatch(/^\/messages\?sessionId=/);
    server.endListening();
    expect(await events.rest()).toEqual([]);
  });

  test('that cannot be loaded while the server ends fails the request that asked for it, and nothing else', async () => {
    const asked = Promise.withResolvers<void>();
    const loading = Promise.withResolvers<never>();
    const load = () => {
      asked.resolve();
      return loading.promise;
    };
    const server = createServer(fixtureSurface, memoryPlatform(ON), { loopback: true, httpSse: load });
    const answer = server.fetch(request('/sse'));
    await asked.promise;
    server.endListening();
    loading.reject(new Error('The file is gone.'));
    expect((await answer).status).toBe(500);
    await server.close();
  });

  test.each(PATHS)('is behind the guard: %s', async (path) => {
    const server = serverWith(ON);
    for (const headers of [{ host: 'evil.example.org' }, { origin: 'https://evil.example.org' }]) {
      const refused = await server.fetch(request(path, headers));
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('evil.example.org') } });
    }
  });

  test('may be opened by a page that may call the server', async () => {
    const response = await serverWith(ON).fetch(request('/sse', { origin: 'http://localhost:5173' }));
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    await response.body?.cancel();
  });

  test.each(TARGETS.filter((target) => LIMITS[target].httpSse.served !== 'yes'))(
    'does not start where it cannot be served, and says why: %s',
    (target) => {
      const started = () => createServer(fixtureSurface, { ...memoryPlatform(ON), target }, { loopback: true });
      expect(started).toThrow(EnvironmentError);
      expect(started).toThrow(`MCP_HTTP_SSE: HTTP+SSE (2024-11-05) cannot be served on ${LIMITS[target].product}`);
      expect(started).toThrow(LIMITS[target].httpSse.because);
    },
  );

  test('is turned on by "on" and by nothing else', () => {
    expect(() => serverWith({ MCP_HTTP_SSE: 'yes' })).toThrow(/MCP_HTTP_SSE.*give "on" or "off"/);
  });
});
