import { describe, expect, it } from 'vitest';
import { records } from '../src/catalogue/catalogue.ts';
import { recordResource } from '../src/resources/record.ts';
import { lookupRecord } from '../src/tools/lookup-record.ts';
import { complete, fail, refuse, testContext } from './test-context.ts';

const ctx = testContext();

describe('lookup_record', () => {
  it('gives the record, text to read, and a link to the resource', async () => {
    const { data, text, content } = await complete(lookupRecord, { id: 'austen-emma' }, ctx);
    expect(data).toMatchObject({ id: 'austen-emma', title: 'Emma', author: 'Jane Austen' });
    expect(text).toMatch(/^Emma, by Jane Austen \(\d{4}, English\)/);
    expect(content?.[1]).toMatchObject({ type: 'resource_link', uri: 'record://austen-emma', name: 'austen-emma' });
  });

  it('gives every record of the catalogue', async () => {
    for (const record of records) expect((await complete(lookupRecord, { id: record.id }, ctx)).data).toEqual(record);
  });

  it('names near ids for one that is unknown', async () => {
    expect(await fail(lookupRecord, { id: 'austen-ema' }, ctx)).toMatch(
      /^No record has the id "austen-ema"\. Near ids: austen-emma/,
    );
    expect(await fail(lookupRecord, { id: 'zzzz' }, ctx)).toMatch(/No id is like it; find one with search_records\.$/);
  });

  it.each([{}, { id: '' }, { id: 7 }, { id: 'x'.repeat(101) }, undefined, []])('refuses %j', async (args) => {
    expect(await refuse(lookupRecord, args, ctx)).toMatch(/^Invalid arguments for tool "lookup_record": /);
  });
});

describe('record://{id}', () => {
  it('is the whole record as JSON', async () => {
    const body = await recordResource.read('austen-emma', ctx);
    expect(body?.mimeType).toBe('application/json');
    expect(JSON.parse(body !== undefined && 'text' in body ? body.text : '')).toEqual(
      records.find(({ id }) => id === 'austen-emma'),
    );
  });

  it('is not there for an unknown id', async () => {
    expect(await recordResource.read('nobody-nothing', ctx)).toBeUndefined();
  });

  it('completes an id by its beginning, with at most a hundred values', () => {
    expect(recordResource.complete('austen-em')).toEqual(['austen-emma']);
    expect(recordResource.complete('Austen-Em')).toEqual(['austen-emma']);
    expect(recordResource.complete('')).toHaveLength(100);
    expect(recordResource.complete('zzzz')).toEqual([]);
  });
});
