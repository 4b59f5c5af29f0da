import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type LaunchedApp, launch } from '../src/launch.ts';
import { program } from './program.ts';

const stateDirectory = tmpdir();

async function launched(settings: Record<string, string> = {}): Promise<LaunchedApp> {
  const app = await launch(program('family.mjs', settings), { stateDirectory, exitWithinMs: 1_000 });
  onTestFinished(() => app.kill());
  return app;
}

async function childOf({ url }: { readonly url: string }): Promise<number> {
  const { child } = await (await fetch(`${url}/healthz`)).json();
  return child;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const untilGone = (pid: number) => vi.waitUntil(() => !isRunning(pid), { timeout: 5_000 });

describe('launch', () => {
  it('refuses a port that somebody listens on, and starts nothing', async () => {
    const stranger = createServer((_request, response) => response.end('{"target":"node"}')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    const address = stranger.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(launch(program('family.mjs'), { stateDirectory, port })).rejects.toThrow(
      `Port ${port} is taken by another process: nothing was launched.`,
    );
  });

  it('says how a program ended that did not get ready, and shows its last output', async () => {
    await expect(launch(program('dies.mjs'), { stateDirectory })).rejects.toThrow(
      /^node ended with exit code 3 before it was ready\. Its last output:\nstarting\nthe disk is full$/,
    );
  });

  it('refuses a program that turns out to be another target', async () => {
    await expect(launch(program('family.mjs', { TARGET: 'bun' }), { stateDirectory })).rejects.toThrow(
      /is answered by "bun", not by "node"/,
    );
  });

  it('says so where there is no such program', async () => {
    const missing = {
      ...program('x'),
      command: () => ({ file: '/no/such/program', args: [], cwd: stateDirectory, env: {} }),
    };
    await expect(launch(missing, { stateDirectory })).rejects.toThrow(/\/no\/such\/program/);
  });

  it('stops a program with all it started, also what ignores SIGTERM', async () => {
    const app = await launched();
    const child = await childOf(app);
    expect(isRunning(child)).toBe(true);
    await app.stop();
    await untilGone(child);
    await expect(fetch(app.url)).rejects.toThrow();
  });

  it('reports a program that does not exit with 0, and stops it all the same', async () => {
    const app = await launched({ EXIT_CODE: '9' });
    const child = await childOf(app);
    await expect(app.stop()).rejects.toThrow(/ended with exit code 9 on SIGTERM, not with exit code 0/);
    await untilGone(child);
  });

  it('kills a program that does not end on SIGTERM, and reports it', async () => {
    const app = await launched({ ON_SIGTERM: 'ignore' });
    await expect(app.stop()).rejects.toThrow(/did not end within 1000 ms of SIGTERM/);
    await expect(fetch(app.url)).rejects.toThrow();
  });

  it('starts again on the same port', async () => {
    const app = await launched();
    const before = await childOf(app);
    await app.restart();
    expect(await childOf(app)).not.toBe(before);
    await app.kill();
    await app.restart();
    expect(await childOf(app)).toBeGreaterThan(0);
  });

  it('leaves nothing running when the test process itself is killed', async () => {
    const file = fileURLToPath(new URL('./programs/abandons.ts', import.meta.url));
    const testProcess = execa(process.execPath, [file], { reject: false });
    const [line] = await once(testProcess.stdout, 'data');
    const child = await childOf({ url: String(line).trim() });
    testProcess.kill('SIGKILL');
    await untilGone(child);
  });
});
