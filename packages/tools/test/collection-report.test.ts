import { describe, expect, it } from 'vitest';
import { collectionBetween, neighboursOf, reportOf } from '../src/report/collection-report.ts';
import { distance } from '../src/report/distance.ts';

describe('the distance of two texts', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'kitten', 0],
    ['kitten', 'sitting', 3 / 7],
    ['', 'abc', 1],
    ['abc', 'xyz', 1],
  ])('of %j and %j is %d', (a, b, expected) => {
    expect(distance(a, b)).toBeCloseTo(expected);
    expect(distance(b, a)).toBeCloseTo(expected);
  });
});

describe('a report', () => {
  const collection = collectionBetween(1800, 1820);
  const neighbours = neighboursOf(collection, collection);
  const report = reportOf(collection, neighbours);

  it('counts every book once by its century', () => {
    expect(report.byCentury.reduce((sum, { books }) => sum + books, 0)).toBe(report.books);
    expect(report.books).toBe(collection.length);
  });

  it('names for each book its three nearest, nearest first, and never itself', () => {
    expect(neighbours).toHaveLength(collection.length);
    for (const { id, nearest } of neighbours) {
      expect(nearest).toHaveLength(3);
      expect(nearest.map((other) => other.id)).not.toContain(id);
      const likeness = nearest.map((other) => other.likeness);
      expect(likeness).toEqual([...likeness].sort((a, b) => b - a));
    }
  });

  it('is the same whether it was made in one piece or in several', () => {
    const inPieces = [
      ...neighboursOf(collection.slice(0, 2), collection),
      ...neighboursOf(collection.slice(2), collection),
    ];
    expect(inPieces).toEqual(neighbours);
  });

  it('counts two subjects together once a book', () => {
    for (const { subjects, books } of report.subjectsTogether) {
      const both = collection.filter((record) => subjects.every((subject) => record.subjects.includes(subject)));
      expect(both).toHaveLength(books);
    }
  });
});
