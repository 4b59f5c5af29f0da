import { describe, expect } from 'vitest';
import { laneCase } from './case.ts';
import { KNOWN_RECORD } from './catalogue-facts.ts';
import type { ClientLane } from './lane.ts';

/** The resource template with its completion, and the prompt. */
export function resourcesAndPrompts(lane: ClientLane): void {
  const { app } = lane;
  describe.each(['modern', 'legacy'] as const)('resources and prompts, for the %s client', (era) => {
    laneCase(app.name, `a record is read by its URI, and says what the tool says (${era})`, async () => {
      const client = await lane.connect(era);
      const uri = `record://${KNOWN_RECORD}`;
      const { structured } = await client.callTool('lookup_record', { id: KNOWN_RECORD });
      expect(await client.readResource(uri)).toEqual([
        { uri, mimeType: 'application/json', text: JSON.stringify(structured) },
      ]);
    });

    laneCase(app.name, `a record that does not exist is an error with its URI (${era})`, async () => {
      const client = await lane.connect(era);
      await expect(client.readResource('record://no-such-book')).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('record://no-such-book'),
      });
    });

    laneCase(app.name, `the beginning of an id completes to ids (${era})`, async () => {
      const client = await lane.connect(era);
      const ids = await client.completeResource('record://{id}', 'id', 'austen-');
      expect(ids).toContain(KNOWN_RECORD);
      expect(ids.every((id) => id.startsWith('austen-'))).toBe(true);
      expect(await client.completeResource('record://{id}', 'id', 'zzz')).toEqual([]);
    });

    laneCase(app.name, `the prompt is filled in (${era})`, async () => {
      const client = await lane.connect(era);
      const [text, ...rest] = await client.getPrompt('recommend_books', { about: 'marriage', count: '2' });
      expect(rest).toEqual([]);
      expect(text).toContain('Recommend 2 books');
    });

    laneCase(app.name, `the prompt refuses a bad argument, and says which (${era})`, async () => {
      const client = await lane.connect(era);
      await expect(client.getPrompt('recommend_books', { about: 'the sea', count: 'many' })).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('count: a whole number from 1 to 10'),
      });
      await expect(client.getPrompt('recommend_films', {})).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('Unknown prompt "recommend_films"'),
      });
    });
  });
}
