import { crc32, deflateRawSync } from 'node:zlib';

/** 1980-01-01, the earliest there is: the same content makes the same archive. */
const DATE = 0x0021;
const DEFLATED = 8;
/** Made on Unix, so that the mode counts; Lambda needs the file to be readable by everyone. */
const MADE_BY = 0x031e;
const MODE = 0o100644;

/** A zip archive of one file. Lambda takes no bare file, and the format needs no library for one. */
export function zipOf(name: string, content: Uint8Array): Buffer {
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
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, fileName, data]);

  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(MADE_BY);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(MODE * 0x1_0000, 6);
  const directory = Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, common, attributes, fileName]);

  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}
