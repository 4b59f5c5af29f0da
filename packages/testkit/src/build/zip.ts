import { crc32, deflateRawSync } from 'node:zlib';

/** 1980-01-01, the earliest there is: the same content makes the same archive. */
const DATE = 0x0021;
const DEFLATED = 8;
/** Made on Unix, so that the mode counts; a platform needs the files to be readable by everyone. */
const MADE_BY = 0x031e;
const MODE = 0o100644;

/**
 * A zip archive of a few small files. Platforms take no bare file, and the format needs no library for this.
 *
 * @param files what each holds, by its path in the archive, with `/` between folders
 *
 * @example
 * await writeFile('function.zip', zipOf({ 'index.mjs': await readFile('index.mjs') }));
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const { local, entry } = archived(name, content, offset);
    locals.push(local);
    directory.push(entry);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, entries, end]);
}

/** A file as it stands in the archive, from `offset` on, and its entry in the directory at the end. */
function archived(name: string, content: Uint8Array, offset: number) {
  const data = deflateRawSync(content, { level: 9 });
  const fileName = Buffer.from(name);
  // Version needed, flags, method, time, date, checksum, sizes, lengths of the name and of nothing further.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(DEFLATED, 4);
  common.writeUInt16LE(DATE, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.byteLength, 18);
  common.writeUInt16LE(fileName.length, 22);

  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(MADE_BY);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(MODE * 0x1_0000, 6);
  attributes.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04'), common, fileName, data]),
    entry: Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, common, attributes, fileName]),
  };
}
