import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reply } from '../../src/lambda/reply.ts';
import { openBackground } from '../../src/netlify/background.ts';

const REQUEST = { method: 'POST', target: '/', headers: [], body: new Uint8Array() };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-background-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('is made again where its answer breaks off, as it does when the function is killed', async () => {
  const broken = new PassThrough();
  const replies: Reply[] = [
    { kind: 'streamed', prelude: {}, body: broken },
    { kind: 'returned', payload: null },
  ];
  const reported: unknown[] = [];
  const made = Promise.withResolvers<void>();
  const background = await openBackground({
    directory,
    retryAfterSeconds: [0.01],
    async invoke() {
      const reply = replies.shift();
      if (reply === undefined) throw new Error('It was made a third time.');
      if (replies.length === 0) made.resolve();
      return reply;
    },
    report: (failure) => reported.push(failure),
  });
  await background.accept('jobs', REQUEST);
  broken.write('half of');
  setImmediate(() => broken.destroy(new Error('Sandbox.Timedout')));
  await made.promise;
  await background.settled();
  expect(reported).toEqual([expect.objectContaining({ kind: 'failed', message: 'Sandbox.Timedout' })]);
  expect(await readdir(directory)).toEqual([]);
});
