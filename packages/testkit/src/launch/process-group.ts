import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Command } from '../apps/app.ts';
import { guard, release } from './reaper.ts';

/** How long a program may take to end once what it stands for is gone. */
const HANDED_ON_WITHIN_MS = 2_000;

const windows = process.platform === 'win32';

/** How the leader of a group ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program and all it started. */
export interface ProcessGroup {
  readonly exited: Promise<Exit>;
  /** What it wrote so far, on both streams in the order it came. */
  output(): string;
  /** What it wrote so far on standard error. */
  log(): string;
  /**
   * Signals every process of the group. Windows has neither groups nor signals: there, whichever the signal, the whole
   * tree is ended at once.
   */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The memory that its processes have resident together, in bytes. Not on Windows. */
  residentBytes(): Promise<number>;
}

/**
 * Starts a program as the leader of a process group of its own, so that what it starts in turn (wrangler's workerd) ends
 * with it.
 *
 * @throws where it cannot be started
 */
export async function startGroup({ file, args, cwd, env, kill }: Command): Promise<ProcessGroup> {
  const started = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    detached: !windows,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    encoding: 'utf8',
  });
  const { pid } = started;
  if (pid === undefined) throw new Error((await started).message);
  guard(pid);
  let output = '';
  let log = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    log += text;
  });
  let hasExited = false;
  // Not execa's own promise: that waits for the output of processes which outlive the leader.
  const exited = new Promise<Exit>((resolve) => {
    started.nodeChildProcess.once('exit', (code, signal) => {
      hasExited = true;
      resolve({ code, signal });
    });
  });
  return {
    exited,
    output: () => output,
    log: () => log,
    async signal(name) {
      if (name === 'SIGKILL' && kill !== undefined && !hasExited) {
        await execa(kill.file, kill.args, { cwd: kill.cwd, env: kill.env, extendEnv: false, reject: false });
        await within(HANDED_ON_WITHIN_MS, exited);
      }
      if (windows) await execa('taskkill', ['/PID', String(pid), '/T', '/F'], { reject: false });
      else signalGroup(pid, name);
      if (name === 'SIGKILL') {
        await exited;
        release(pid);
      }
    },
    async residentBytes() {
      const { stdout } = await execa('ps', ['-A', '-o', 'pgid=,rss=']);
      const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      return processes.reduce((sum, [group, kibibytes = 0]) => (group === pid ? sum + kibibytes * 1024 : sum), 0);
    },
  };
}

/** A group that has ended has nobody to signal. */
function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** What `promise` resolves to, or `undefined` where that takes longer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const giveUp = new AbortController();
  try {
    return await Promise.race([promise, delay(ms, undefined, { signal: giveUp.signal })]);
  } finally {
    giveUp.abort();
  }
}
