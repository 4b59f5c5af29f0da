import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { execa } from 'execa';
import { type Base, type ContainerEngine, imageOf, output } from '../src/container/engine.ts';

/** How large an image is. */
export interface Size {
  /** On disk, all layers together. */
  readonly bytes: number;
  /** As a registry keeps it and a host downloads it: gzip of the usual level. */
  readonly compressedBytes: number;
}

export async function measureSize(engine: ContainerEngine, base: Base): Promise<Size> {
  const bytes = Number(await output(engine, 'image', 'inspect', '--format={{.Size}}', imageOf(base)));
  const { file, args, env } = engine.command(['save', imageOf(base)]);
  const archive = execa(file, args, { env, extendEnv: false, encoding: 'buffer', buffer: false, stderr: 'ignore' });
  let compressedBytes = 0;
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      compressedBytes += chunk.length;
      done();
    },
  });
  await Promise.all([archive, pipeline(archive.stdout, createGzip(), count)]);
  return { bytes, compressedBytes };
}
