import { createHash } from 'node:crypto';
import { defineTool } from '@mcp-everywhere/tools';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer, surfaceHash } from '../src/index.ts';
import { fastPath } from '../src/protocol/fast-path.ts';
import { compileRegistry } from '../src/surface/registry.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { ENVELOPE, legacy, MODERN, messageOf, modern } from './requests.ts';

describe('the registry', () => {
  test('refuses two tools of one name', () => {
    const [tool] = fixtureSurface.tools;
    if (tool === undefined) throw new Error('the fixture has tools');
    expect(() => compileRegistry({ ...fixtureSurface, tools: [tool, tool] })).toThrow('two of the tool "add"');
  });

  test('names the tool whose schema has no JSON form, and the list of both paths is an error with its id', async () => {
    const dated = defineTool({
      name: 'dated',
      title: 'Dated',
      description: 'Returns a date, which JSON does not have.',
      input: z.object({}),
      output: z.object({ at: z.date() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
      run: () => ({ at: new Date(0) }),
    });
    const surface = { ...fixtureSurface, tools: [dated] };
    expect(() => compileRegistry(surface).wireTools()).toThrow(/^Tool "dated" .* its output has no JSON schema/);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const fast of [true, false]) {
      const server = createServer(surface, memoryPlatform(), { loopback: true, fastPath: fast });
      const response = await server.fetch(modern('tools/list', {}, {}, 5));
      expect(await response.json()).toMatchObject({ id: 5, error: { code: -32_603 } });
    }
    expect(logged).toHaveBeenCalledTimes(2);
    logged.mockRestore();
  });

  test('finds a resource by its URI, percent-decoded, and only within its template', async () => {
    const page = { name: 'page', title: 'Page', description: 'A page.', mimeType: 'text/plain', variable: 'number' };
    const read = (value: string) => ({ mimeType: 'text/plain', text: value });
    const template = { ...page, prefix: 'note://book/', suffix: '/page', complete: () => [], read };
    // The page of a book begins as a book does.
    const book = { ...template, name: 'book', suffix: '', read: () => ({ mimeType: 'text/plain', text: 'a book' }) };
    const { findResource } = compileRegistry({
      ...fixtureSurface,
      resourceTemplates: [book, template, ...fixtureSurface.resourceTemplates],
    });
    const { service } = createServer(fixtureSurface, memoryPlatform(), { loopback: true });
    const ctx = service.contextOf({
      requestId: '1',
      principal: { id: 'reader' },
      signal: () => new AbortController().signal,
    });
    expect(await findResource('note://book/al%C3%A9/page')?.read(ctx)).toMatchObject({ text: 'alé' });
    expect(await findResource('note://book/al%C3%A9')?.read(ctx)).toMatchObject({ text: 'a book' });
    expect(await findResource('note://alpha')?.read(ctx)).toMatchObject({ text: 'A' });
    expect(await findResource('note://list')?.read(ctx)).toMatchObject({ blob: 'YWxwaGE=' });
    for (const uri of ['note://', 'note://a/b', 'note://%zz', 'note://book/a/b', 'note://book//page', 'other://a', ''])
      expect(findResource(uri)).toBeUndefined();
  });
});

describe('the surface hash', () => {
  test('is the SHA-256 of canonical JSON, whatever the order of tools and members, and without _meta', async () => {
    const canonical = '[{"name":"a","y":[1,"é"]},{"name":"b","x":1}]';
    const tools = [
      { x: 1, name: 'b' },
      { y: [1.0, '\u00e9'], name: 'a', _meta: { z: 1 } },
    ];
    expect(await surfaceHash(tools)).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  test('is the same from the tool lists of both eras, and the one the server tells', async () => {
    const server = createServer(fixtureSurface, memoryPlatform(), { loopback: true });
    const lists = [await server.fetch(modern('tools/list')), await server.fetch(legacy('tools/list'))];
    for (const list of lists) {
      const { result } = (await messageOf(list)) as { result: { tools: { name: string }[] } };
      expect(await surfaceHash(result.tools)).toBe(await server.facts.surfaceHash());
    }
  });
});

describe('the fast path', () => {
  const { service } = createServer(fixtureSurface, memoryPlatform(), { loopback: true });
  const answer = fastPath(service, () => undefined);
  const call = { requestId: 'r', principal: { id: 'p' }, signal: () => new AbortController().signal };
  const send = (method: string, params: object, name?: string) =>
    answer(
      { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: ENVELOPE } },
      {
        httpMethod: 'POST',
        protocolVersionHeader: MODERN,
        mcpMethodHeader: method,
        ...(name !== undefined && { mcpNameHeader: name }),
        body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: ENVELOPE } },
      },
      call,
    );

  test.each(['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])(
    'takes %s',
    (method) => expect(send(method, {})).toBeInstanceOf(Uint8Array),
  );

  test('takes a call', async () => {
    expect(await send('tools/call', { name: 'add', arguments: { a: 1, b: 1 } }, 'add')).toContain('"sum":2');
  });

  test('leaves what is odd to the SDK path', () => {
    expect(send('tools/call', { name: 'nope' }, 'nope')).toBeUndefined();
    expect(send('tools/call', { name: 'add' }, 'greet')).toBeUndefined();
    expect(send('tools/list', { cursor: 'x' })).toBeUndefined();
    expect(send('ping', {})).toBeUndefined();
  });
});
