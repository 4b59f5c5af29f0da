import type { Platform } from '@mcp-everywhere/platform';
import { defineTool, type ResourceTemplate, type Surface } from '@mcp-everywhere/tools';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { TIMED_OUT, withinDeadline } from '../src/protocol/within-deadline.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { legacy, messageOf, modern } from './requests.ts';

const aborted: unknown[] = [];

const sleeper = defineTool({
  name: 'sleep',
  title: 'Sleep',
  description: 'Takes its time, and does not listen.',
  input: z.object({ ms: z.number() }),
  output: z.object({ slept: z.boolean() }),
  annotations: { readOnlyHint: true, openWorldHint: false },
  run: ({ ms }, { signal }) => {
    signal.addEventListener('abort', () => aborted.push(signal.reason.name));
    return new Promise((resolve) => setTimeout(() => resolve({ slept: true }), ms));
  },
});

const sleepy: ResourceTemplate = {
  name: 'sleepy',
  title: 'Sleepy',
  description: 'Takes its time.',
  mimeType: 'text/plain',
  prefix: 'sleepy://',
  variable: 'id',
  complete: () => [],
  read: () => new Promise(() => {}),
};

const surface: Surface = { ...fixtureSurface, tools: [sleeper], resourceTemplates: [sleepy] };
const on = (platform: Partial<Platform>) =>
  createServer(surface, { ...memoryPlatform(), ...platform }, { loopback: true });

describe('a tool that would outlast the platform', () => {
  test.each([
    ['modern', modern],
    ['2025', legacy],
  ])('is stopped before it, with an error that says why, in the %s era', async (_era, request) => {
    const server = on({ target: 'netlify', wallTimeMs: 100 });
    const response = await server.fetch(request('tools/call', { name: 'sleep', arguments: { ms: 5000 } }));
    expect(await messageOf(response)).toMatchObject({
      result: {
        isError: true,
        content: [
          {
            text: 'The tool "sleep" was stopped after 0.09 s: Netlify Functions ends a request after 0.1 s. Ask for less at once.',
          },
        ],
      },
    });
    expect(aborted.pop()).toBe('TimeoutError');
  });

  test('is left alone where it is quick enough', async () => {
    const server = on({ target: 'netlify', wallTimeMs: 5000 });
    const response = await server.fetch(modern('tools/call', { name: 'sleep', arguments: { ms: 1 } }));
    expect(await messageOf(response)).toMatchObject({ result: { structuredContent: { slept: true } } });
  });

  test('is stopped while it reads a resource, too', async () => {
    const server = on({ target: 'netlify', wallTimeMs: 100 });
    const response = await server.fetch(modern('resources/read', { uri: 'sleepy://x' }));
    expect(await messageOf(response)).toMatchObject({
      error: {
        code: -32_603,
        message: 'Reading "sleepy://x" was stopped: Netlify Functions ends a request after 0.1 s.',
      },
    });
  });
});

test('what came before the work counts: the platform looks at the request', async () => {
  const deadline = { ms: 60_000, because: 'it does' };
  const call = { requestId: 'r', principal: { id: 'p' }, signal: () => new AbortController().signal };
  const never = () => new Promise<never>(() => {});
  expect(await withinDeadline(deadline, { ...call, arrivedAt: Date.now() - 60_000 }, never)).toBe(TIMED_OUT);
});
