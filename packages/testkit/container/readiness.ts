import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import type { Command } from '../src/apps/app.ts';
import { hardened } from '../src/apps/container.ts';
import { appDirectory, environmentWith } from '../src/apps/workspace.ts';
import { BASES, type ContainerEngine, imageOf, output } from '../src/container/engine.ts';
import { LOOPBACK } from '../src/launch/port.ts';

const ROUNDS = 9;
const READY_WITHIN_MS = 20_000;

/** How long a contestant took until it answered, in milliseconds: medians. */
export interface Readiness {
  readonly what: string;
  /** Since its process began: what the image and its limits make of the same program. */
  readonly sinceBegin: number;
  /** Since the command was given that starts it: with an engine, most of the difference is the engine's own work. */
  readonly sinceCall: number;
}

interface Contestant {
  readonly what: string;
  command(port: number): Promise<Command>;
  /** When its process began, in milliseconds since 1970, where that is not when the command was given. */
  readonly begin?: () => Promise<number>;
}

/** Starts the bundle outside of any container and in one of each image, in turn, so that each meets the same machine. */
export async function measureReadiness(engine: ContainerEngine): Promise<readonly Readiness[]> {
  await execa(process.execPath, ['build.ts'], { cwd: appDirectory('node') });
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-readiness-'));
  const contestants = [outside(directory), ...BASES.map((base) => inContainer(engine, imageOf(base)))];
  const rounds = contestants.map(() => [] as { sinceBegin: number; sinceCall: number }[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contestant] of contestants.entries()) rounds[index]?.push(await start(contestant));
  }
  await rm(directory, { recursive: true });
  return contestants.map(({ what }, index) => ({
    what,
    sinceBegin: median(rounds[index]?.map(({ sinceBegin }) => sinceBegin) ?? []),
    sinceCall: median(rounds[index]?.map(({ sinceCall }) => sinceCall) ?? []),
  }));
}

function outside(directory: string): Contestant {
  return {
    what: 'outside',
    command: async (port) => ({
      file: process.execPath,
      args: ['dist/main.mjs'],
      cwd: appDirectory('node'),
      env: environmentWith({ PORT: String(port), STATE_PATH: join(directory, 'state.sqlite') }),
    }),
  };
}

function inContainer(engine: ContainerEngine, image: string): Contestant {
  const name = `mcp-everywhere-readiness-${process.pid}`;
  return {
    what: image.slice(image.lastIndexOf(':') + 1),
    async command(port) {
      const flags = [`--name=${name}`, ...hardened(engine), '--network=host', '--volume=/data'];
      return engine.command(['run', ...flags, `--env=HOST=${LOOPBACK}`, `--env=PORT=${port}`, image]);
    },
    begin: async () =>
      Date.parse(JSON.parse(await output(engine, 'inspect', '--format={{json .State.StartedAt}}', name))),
  };
}

async function start({ command, begin }: Contestant): Promise<{ sinceBegin: number; sinceCall: number }> {
  const port = await getPort({ host: LOOPBACK, reserve: true });
  const { file, args, cwd, env } = await command(port);
  const called = performance.timeOrigin + performance.now();
  const program = execa(file, args, { cwd, env, extendEnv: false, stdio: 'ignore', reject: false });
  try {
    await ready(port);
    const now = performance.timeOrigin + performance.now();
    return { sinceBegin: now - ((await begin?.()) ?? called), sinceCall: now - called };
  } finally {
    program.kill('SIGTERM');
    await program;
  }
}

async function ready(port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(port))) {
    if (Date.now() > deadline) throw new Error(`Nothing answered on port ${port} within ${READY_WITHIN_MS} ms.`);
    await delay(3);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: LOOPBACK, port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
