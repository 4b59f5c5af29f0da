import { describe, expect, it } from 'vitest';
import { findRecord } from '../src/catalogue/catalogue.ts';
import { NO_INPUT } from '../src/index.ts';
import { recommendBooks } from '../src/prompts/recommend-books.ts';

function textOf(args: Record<string, unknown>): string {
  const outcome = recommendBooks.render(args, NO_INPUT);
  if (outcome.kind !== 'complete') throw new Error(JSON.stringify(outcome));
  return outcome.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type)).join('\n');
}

/** The records that the message names as candidates. */
function candidatesIn(text: string) {
  return [...text.matchAll(/^- .*: ([a-z0-9-]+)$/gm)].map(([, id]) => findRecord(id ?? ''));
}

describe('recommend_books', () => {
  it('asks for three books and names candidates of the catalogue', () => {
    const text = textOf({ about: 'the pride of a family' });
    expect(text).toMatch(/^Recommend 3 books from the library's catalogue for this: the pride of a family\./);
    const candidates = candidatesIn(text);
    expect(candidates.map((record) => record?.id)).toContain('austen-pride-and-prejudice');
    expect(candidates).not.toContain(undefined);
    expect(candidates.length).toBeLessThanOrEqual(20);
  });

  it.each(['French', 'french', 'fr'])('keeps to a language, here "%s"', (language) => {
    const candidates = candidatesIn(textOf({ about: 'crime, solitude, revolution or war', language, count: '5' }));
    expect(new Set(candidates.map((record) => record?.language))).toEqual(new Set(['fr']));
  });

  it('names the subjects where no record has the words', () => {
    expect(textOf({ about: 'xyzzy' })).toContain("The catalogue's subjects are: ");
  });

  it.each([
    {},
    { about: '' },
    { about: 'x'.repeat(201) },
    { about: 'love', count: '11' },
    { about: 'love', count: 'few' },
  ])('refuses %j', (args) => {
    expect(recommendBooks.render(args, NO_INPUT)).toMatchObject({
      kind: 'invalid-arguments',
      message: expect.stringMatching(/^Invalid arguments for prompt "recommend_books": (about|count): /),
    });
  });

  it('says that it wants arguments where there are none', () => {
    expect(recommendBooks.render(undefined, NO_INPUT)).toMatchObject({
      message: 'Invalid arguments for prompt "recommend_books": Invalid input: expected object, received undefined',
    });
  });
});
