import { inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { zipOf } from '../../src/build/zip.ts';

const files = {
  'host.json': Buffer.from('{}'),
  'lib/index.mjs': Buffer.from('export const handler = () => {};\n'.repeat(9)),
};

it('makes the same archive of the same content, byte for byte', () => {
  expect(zipOf(files)).toEqual(zipOf(structuredClone(files)));
});

it('holds every file, readable by everyone, where its directory says', () => {
  const archive = zipOf(files);
  const end = archive.subarray(-22);
  expect(end.toString('latin1', 0, 4)).toBe('PK\x05\x06');
  expect(end.readUInt16LE(10)).toBe(2);
  let entry = archive.subarray(end.readUInt32LE(16));
  for (const [name, content] of Object.entries(files)) {
    expect(entry.toString('latin1', 0, 4)).toBe('PK\x01\x02');
    expect(entry.toString('utf8', 46, 46 + entry.readUInt16LE(28))).toBe(name);
    expect(entry.readUInt32LE(38) >>> 16).toBe(0o100644);
    const local = archive.subarray(entry.readUInt32LE(42));
    expect(local.toString('latin1', 0, 4)).toBe('PK\x03\x04');
    const start = 30 + local.readUInt16LE(26);
    expect(inflateRawSync(local.subarray(start, start + local.readUInt32LE(18)))).toEqual(content);
    entry = entry.subarray(46 + name.length);
  }
});
