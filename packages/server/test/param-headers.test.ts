import { defineTool } from '@mcp-everywhere/tools';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { paramHeaders } from '../src/surface/param-headers.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { type HeaderChanges, messageOf, modern } from './requests.ts';

const server = createServer(fixtureSurface, memoryPlatform(), { loopback: true });

async function locate(args: object, headers: HeaderChanges) {
  const response = await server.fetch(modern('tools/call', { name: 'locate', arguments: args }, headers));
  return { status: response.status, message: await messageOf(response) };
}

describe('an argument that is mirrored in a header', () => {
  test.each([
    ['as it is', { region: 'eu' }, { 'mcp-param-region': 'eu' }],
    ['in Base64', { region: 'Zürich' }, { 'mcp-param-region': '=?base64?WsO8cmljaA==?=' }],
    [
      'as it is, where only the beginning of Base64 is there',
      { region: '=?base64?x' },
      { 'mcp-param-region': '=?base64?x' },
    ],
    ['deeper in, as a number', { place: { number: 42 } }, { 'mcp-param-number': '42.0' }],
    ['though the body has it not', {}, { 'mcp-param-region': 'eu' }],
  ])('is accepted %s', async (_how, args, headers) => {
    expect(await locate(args, headers)).toMatchObject({ status: 200, message: { result: { resultType: 'complete' } } });
  });

  test.each([
    ['missing', { region: 'eu' }, {}, 'is missing'],
    ['different', { region: 'eu' }, { 'mcp-param-region': 'us' }, 'says something else'],
    ['in another case', { region: 'eu' }, { 'mcp-param-region': 'EU' }, 'says something else'],
    ['of another number', { place: { number: 42 } }, { 'mcp-param-number': '43' }, 'says something else'],
    [
      'Base64 without its padding',
      { region: 'Hello' },
      { 'mcp-param-region': '=?base64?SGVsbG8?=' },
      'not valid Base64',
    ],
    [
      'Base64 with other characters',
      { region: 'Hello' },
      { 'mcp-param-region': '=?base64?SGVs!!!bG8=?=' },
      'not valid Base64',
    ],
    ['Base64 of no UTF-8', { region: 'x' }, { 'mcp-param-region': '=?base64?/w==?=' }, 'not valid Base64'],
  ])('is refused where the header is %s', async (_how, args, headers, because) => {
    expect(await locate(args, headers)).toMatchObject({
      status: 400,
      message: { id: 1, error: { code: -32_020, message: expect.stringContaining(because) } },
    });
  });

  test('is declared with the input, and shown in the list', async () => {
    const listed = z
      .object({ result: z.object({ tools: z.array(z.looseObject({ name: z.string() })) }) })
      .parse(await messageOf(await server.fetch(modern('tools/list'))));
    expect(listed.result.tools.find(({ name }) => name === 'locate')).toMatchObject({
      inputSchema: { properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
    });
  });

  test.each([
    ['is no token', z.object({ region: z.string().meta({ 'x-mcp-header': 'The region' }) })],
    ['is for a list', z.object({ regions: z.array(z.string()).meta({ 'x-mcp-header': 'Regions' }) })],
    [
      'is there twice',
      z.object({ a: z.string().meta({ 'x-mcp-header': 'Name' }), b: z.string().meta({ 'x-mcp-header': 'name' }) }),
    ],
  ])('is a mistake of the tool where the header %s', (_how, input) => {
    const annotations = { readOnlyHint: true, openWorldHint: false };
    const about = { name: 'odd', title: 'Odd', description: 'Odd.', annotations };
    const tool = defineTool({ ...about, input, output: z.object({}), run: () => ({}) });
    expect(() => paramHeaders(tool)).toThrow(/^Tool "odd": /);
  });
});
