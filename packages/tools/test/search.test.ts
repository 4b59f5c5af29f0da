import { describe, expect, it } from 'vitest';
import { languages, records, subjects } from '../src/catalogue/catalogue.ts';
import { centuryOf, facetsOf } from '../src/catalogue/facets.ts';
import { search } from '../src/catalogue/search.ts';
import { fold, wordsOf } from '../src/catalogue/words.ts';

const ids = (query: string, filters = {}) => search(query, filters).map(({ id }) => id);

describe('words', () => {
  it.each([
    ['Élan', 'elan'],
    ['BRONTË', 'bronte'],
    ['Strauß', 'strauss'],
    ['Œuvres', 'oeuvres'],
    ['Bjørnson', 'bjornson'],
    ['Stanisław', 'stanislaw'],
    ['Čapek', 'capek'],
  ])('%s is the same as %s', (written, typed) => {
    expect(fold(written)).toBe(typed);
  });

  it('are what stands between punctuation', () => {
    expect(wordsOf('Moby-Dick; or, The Whale — 1851!')).toEqual(['moby', 'dick', 'or', 'the', 'whale', '1851']);
  });
});

describe('a search', () => {
  it('matches every record without a word', () => {
    expect(search('')).toEqual(records);
    expect(search(' *!? ')).toEqual(records);
  });

  it('puts a match in the title before one in the first sentence', () => {
    const [first] = search('emma');
    expect(first?.id).toBe('austen-emma');
  });

  it('wants every word, wherever it occurs', () => {
    expect(ids('austen prejudice')).toEqual(['austen-pride-and-prejudice']);
    expect(ids('prejudice austen')).toEqual(['austen-pride-and-prejudice']);
    expect(ids('austen prejudice whale')).toEqual([]);
  });

  it('takes the last word as the beginning of one, and no other', () => {
    expect(ids('austen prej')).toEqual(['austen-pride-and-prejudice']);
    expect(ids('prej austen')).toEqual([]);
  });

  it('ranks a whole word above the beginning of one', () => {
    const found = ids('slave');
    expect(found).toContain('washington-up-from-slavery');
    expect(found.indexOf('northup-twelve-years-a-slave')).toBeLessThan(found.indexOf('washington-up-from-slavery'));
  });

  it('does not mind case and diacritics', () => {
    const found = ids('Brontë');
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(ids('BRONTE')).toEqual(found);
  });

  it('gives the same order every time, equal scores by id', () => {
    const austen = ids('jane austen');
    expect(austen.length).toBeGreaterThanOrEqual(4);
    expect(austen).toEqual([...austen].sort());
  });

  it('is narrowed by every filter given', () => {
    const subject = subjects[0];
    for (const record of search('', { subject })) expect(record.subjects).toContain(subject);
    for (const record of search('', { language: 'fr' })) expect(record.language).toBe('fr');
    expect(ids('', { author: 'jane austen' })).toEqual(ids('', { author: 'AUSTEN, Jané' }));
    const years = search('', { yearFrom: 1800, yearTo: 1850 }).map(({ year }) => year);
    expect(Math.min(...years)).toBeGreaterThanOrEqual(1800);
    expect(Math.max(...years)).toBeLessThanOrEqual(1850);
    expect(search('', { yearFrom: 1850, yearTo: 1800 })).toEqual([]);
  });

  it.each([
    '__proto__',
    'constructor toString',
    'a '.repeat(100),
    '\u0000\ud800',
    '(((((a+)+)+)+)+$',
    'İ'.repeat(200),
    'e\u0301'.repeat(100),
    '😀',
  ])('survives the query %j', (query) => {
    expect(search(query).length).toBeLessThanOrEqual(records.length);
  });
});

describe('facets', () => {
  it('count every record once by language and century', () => {
    const { language, century } = facetsOf(records);
    const sum = (counts: readonly { count: number }[]) => counts.reduce((total, { count }) => total + count, 0);
    expect(sum(language)).toBe(records.length);
    expect(sum(century)).toBe(records.length);
    expect(language.map(({ value }) => value).sort()).toEqual(languages);
  });

  it('count as many records as the filter for that value finds', () => {
    const facets = facetsOf(search('love'));
    for (const { value, count } of facets.subject) expect(search('love', { subject: value })).toHaveLength(count);
    for (const { value, count } of facets.language) expect(search('love', { language: value })).toHaveLength(count);
  });

  it('list the most frequent first, and at most forty', () => {
    const { author, subject } = facetsOf(records);
    expect(author).toHaveLength(40);
    const counts = subject.map(({ count }) => count);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it('are empty where nothing matches', () => {
    expect(facetsOf([])).toEqual({ subject: [], language: [], author: [], century: [] });
  });

  it.each([
    [1900, '19th century'],
    [1901, '20th century'],
    [1321, '14th century'],
    [1001, '11th century'],
    [201, '3rd century'],
    [1, '1st century'],
    [-750, '8th century BC'],
    [-19, '1st century BC'],
  ])('place the year %i in the %s', (year, century) => {
    expect(centuryOf(year)).toBe(century);
  });
});
