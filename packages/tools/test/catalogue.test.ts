import { describe, expect, it } from 'vitest';
import { catalogueRecord, findRecord, records, subjects } from '../src/catalogue/catalogue.ts';

describe('the catalogue', () => {
  it('holds at least 200 books', () => {
    expect(records.length).toBeGreaterThanOrEqual(200);
  });

  it.each(records)('$id is a whole record', (record) => {
    expect(catalogueRecord.strict().parse(record)).toEqual(record);
    expect(record.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(record.id.length).toBeLessThanOrEqual(60);
    for (const text of [record.title, record.author, record.language, ...record.subjects, record.firstSentence]) {
      expect(text).toBe(text.trim().normalize('NFC'));
      expect(text).not.toBe('');
    }
    expect(record.firstSentence.length).toBeLessThanOrEqual(400);
    expect(Intl.getCanonicalLocales(record.language)).toEqual([record.language]);
    expect(record.subjects.length).toBeGreaterThanOrEqual(2);
    expect(record.subjects.length).toBeLessThanOrEqual(5);
    expect(new Set(record.subjects).size).toBe(record.subjects.length);
  });

  it('has each id once, in ascending order', () => {
    const ids = records.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('holds only books that are old enough to be in the public domain', () => {
    expect(records.filter(({ year }) => year >= 1930)).toEqual([]);
  });

  it('has no book twice', () => {
    const books = records.map(({ author, title }) => `${author}: ${title}`);
    expect(new Set(books).size).toBe(books.length);
  });

  it('keeps to a small vocabulary of subjects, so that each leads from one book to others', () => {
    expect(subjects.length).toBeLessThanOrEqual(60);
    expect(subjects.filter((subject) => !/^[a-z]+( [a-z]+)*$/.test(subject))).toEqual([]);
  });

  it('finds a record by its exact id only', () => {
    expect(findRecord('austen-emma')?.title).toBe('Emma');
    expect(findRecord('Austen-Emma')).toBeUndefined();
    expect(findRecord('constructor')).toBeUndefined();
  });
});
