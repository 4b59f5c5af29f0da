import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { described, textOf } from '../../src/fuzz/fuzz-message.ts';
import { messagesOf } from '../../src/fuzz/messages.ts';
import type { World } from '../../src/fuzz/world.ts';

const world: World = {
  tools: catalogueSurface.tools.map(({ name, input }) => ({
    name,
    inputSchema: z.toJSONSchema(input, { io: 'input' }),
  })),
  known: { jobId: ['job_1'], recordId: ['austen-emma'] },
  uris: ['record://austen-emma'],
  sessions: { live: ['live'], ended: ['ended'], ending: ['ending'], eventIds: ['event'] },
};
const messages = messagesOf(world, 1, 3_000);
const texts = messages.map(textOf);

describe('the messages of a seed', () => {
  test('are the same each time, and others than those of another seed', () => {
    const shown = (seed: number) => messagesOf(world, seed, 50).map(described);
    expect(shown(7)).toEqual(shown(7));
    expect(shown(7)).not.toEqual(shown(8));
  });

  test('call every tool, and reach the methods of both eras', () => {
    const methods = ['initialize', 'subscriptions/listen', 'tasks/get', 'completion/complete', 'ping'];
    const wanted = [
      ...world.tools.map(({ name }) => `"name":"${name}"`),
      ...methods.map((method) => `"method":"${method}"`),
    ];
    expect(wanted.filter(isInNone)).toEqual([]);
  });

  test('are valid in part, and broken in every way there is', () => {
    const changes = new Set(
      messages.flatMap((message) => (message.changes.length === 0 ? ['valid'] : message.changes)),
    );
    const ways = [
      'valid',
      'drop',
      'duplicate',
      'swap',
      'wrap',
      'replace',
      'add',
      'truncate',
      'bytes',
      'oversize',
      'leave',
    ];
    expect([...changes]).toEqual(expect.arrayContaining(ways));
    expect(messages.filter(({ changes: made }) => made.length === 0).length).toBeGreaterThan(messages.length / 5);
  });

  test('name prototypes, nest deeply and hold numbers that JavaScript has no value for', () => {
    expect(['"__proto__":', '['.repeat(10_000), '1e400'].filter(isInNone)).toEqual([]);
  });
});

function isInNone(text: string): boolean {
  return !texts.some((held) => held.includes(text));
}
