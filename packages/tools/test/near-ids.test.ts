import { describe, expect, it } from 'vitest';
import { nearIds } from '../src/catalogue/near-ids.ts';

describe('near ids', () => {
  it.each([
    ['austen-ema', 'austen-emma'],
    ['emma', 'austen-emma'],
    ['pride-and-prejudice', 'austen-pride-and-prejudice'],
    ['jane-austen-pride-prejudice', 'austen-pride-and-prejudice'],
    ['Austen: Pride and Prejudice', 'austen-pride-and-prejudice'],
  ])('of "%s" begin with %s', (typed, meant) => {
    expect(nearIds(typed)[0]).toBe(meant);
  });

  it('are five at most', () => {
    expect(nearIds('austen').length).toBeGreaterThan(1);
    expect(nearIds('austen').length).toBeLessThanOrEqual(5);
  });

  it.each(['', '   ', 'zzzzzzzz', '漢字'])('are none for %j', (typed) => {
    expect(nearIds(typed)).toEqual([]);
  });

  it('cost no more for a text of a megabyte', () => {
    const started = performance.now();
    nearIds('austen-'.repeat(150_000));
    expect(performance.now() - started).toBeLessThan(200);
  });
});
