import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import { environmentWith } from '../../src/apps/workspace.ts';
import { type LocalFunction, localFunction } from '../../src/lambda/local-function.ts';
import type { Reply } from '../../src/lambda/reply.ts';

const withPid = z.object({ payload: z.object({ pid: z.number() }) });

function deployed(handler = 'index.handler', maxEnvironments = 2): LocalFunction {
  const directory = fileURLToPath(new URL('.', import.meta.url));
  const settings = { directory, handler, timeoutSeconds: 1, environment: environmentWith({}) };
  const running = localFunction(settings, maxEnvironments);
  onTestFinished(() => running.kill());
  return running;
}

const pidOf = (reply: Reply): number => withPid.parse(reply).payload.pid;
const run = (running: LocalFunction, action = '') => running.invoke({ action });

async function stateOf(pid: number): Promise<string> {
  return (await execa('ps', ['-o', 'stat=', '-p', String(pid)], { reject: false })).stdout;
}

async function streamed(reply: Reply) {
  if (reply.kind !== 'streamed') throw new Error(`The reply is ${JSON.stringify(reply)}`);
  return { prelude: reply.prelude, chunks: reply.body[Symbol.asyncIterator]() };
}

describe('a function on this machine', () => {
  it('serves one invocation after another in the same environment', async () => {
    const running = deployed();
    expect(pidOf(await run(running))).toBe(pidOf(await run(running)));
  });

  it('serves invocations at once in environments of their own, up to the limit, and the rest one after another', async () => {
    const running = deployed();
    const pids = (await Promise.all(['slow', 'slow', 'slow', 'slow'].map((action) => run(running, action)))).map(pidOf);
    expect(new Set(pids).size).toBe(2);
  });

  it.skipIf(process.platform === 'win32')('is frozen between invocations', async () => {
    const running = deployed();
    const pid = pidOf(await run(running));
    await vi.waitUntil(async () => (await stateOf(pid)).startsWith('T'));
    expect(pidOf(await run(running))).toBe(pid);
  });

  it('is killed when its time is over, and the next invocation gets a fresh environment', async () => {
    const running = deployed();
    const pid = pidOf(await run(running));
    expect(await run(running, 'hang')).toEqual({
      kind: 'failed',
      errorType: 'Sandbox.Timedout',
      message: 'Task timed out after 1.00 seconds',
    });
    expect(pidOf(await run(running))).not.toBe(pid);
    expect(await stateOf(pid)).toBe('');
  });

  it('fails an invocation that throws, and goes on', async () => {
    const running = deployed();
    const pid = pidOf(await run(running));
    expect(await run(running, 'throw')).toEqual({ kind: 'failed', errorType: 'TypeError', message: 'wrong' });
    expect(pidOf(await run(running))).toBe(pid);
  });

  it('fails an invocation that ends the process, and starts another', async () => {
    const running = deployed();
    expect(await run(running, 'exit')).toMatchObject({
      errorType: 'Runtime.ExitError',
      message: 'Runtime exited with error: exit status 3',
    });
    expect(pidOf(await run(running))).toBeGreaterThan(0);
  });

  it('says what failed while it initialised, to each caller', async () => {
    const running = deployed('index.nothing');
    const message = 'index.nothing is undefined or not exported';
    for (let call = 0; call < 2; call += 1) expect(await run(running)).toMatchObject({ kind: 'failed', message });
  });

  it('runs the bundle anew once it is renewed', async () => {
    const running = deployed();
    const pid = pidOf(await run(running));
    running.renew();
    expect(pidOf(await run(running))).not.toBe(pid);
  });
});

describe('a function that streams', () => {
  it('sends status, headers and what it has written before it has written all', async () => {
    const { prelude, chunks } = await streamed(await run(deployed('index.streaming')));
    expect(prelude).toMatchObject({ statusCode: 201 });
    expect(String((await chunks.next()).value)).toBe('first');
    expect(String((await chunks.next()).value)).toBe('last');
    expect((await chunks.next()).done).toBe(true);
  });

  it('breaks off where it fails or is killed after its first word', async () => {
    for (const action of ['throw-later', 'hang']) {
      const { chunks } = await streamed(await run(deployed('index.streaming'), action));
      expect(String((await chunks.next()).value)).toBe('first');
      await expect(chunks.next()).rejects.toThrow();
    }
  });

  it('fails as any other before its first word', async () => {
    expect(await run(deployed('index.streaming'), 'throw')).toMatchObject({ errorType: 'TypeError', message: 'wrong' });
  });

  it('serves the next one where the reader of the last one has left', async () => {
    const running = deployed('index.streaming', 1);
    const first = await run(running);
    if (first.kind === 'streamed') first.body.destroy();
    const { prelude, chunks } = await streamed(await run(running));
    expect(prelude).toEqual(first.kind === 'streamed' && first.prelude);
    await chunks.next();
    await chunks.next();
  });
});
