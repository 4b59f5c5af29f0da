import { expect, it } from 'vitest';
import { zipOf } from '../zip.ts';

it('makes the same archive of the same content, byte for byte', () => {
  const archive = zipOf('index.mjs', Buffer.from('export const handler = () => {};'));
  expect(archive).toEqual(zipOf('index.mjs', Buffer.from('export const handler = () => {};')));
  expect(archive.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
});
