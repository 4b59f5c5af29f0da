import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

let reaper: ChildProcess | undefined;

/**
 * Has a process group ended when this process ends, however it ends: a crash, Ctrl-C and `kill -9` run no exit handler,
 * and a group of its own is out of the terminal's reach. A small process of its own does it; it watches a pipe from here.
 */
export function guard(pid: number): void {
  tell(`+${pid}`);
}

/** Takes a group that has ended off the list, before the system gives its number to another. */
export function release(pid: number): void {
  tell(`-${pid}`);
}

function tell(line: string): void {
  reaper ??= startReaper();
  reaper.stdin?.write(`${line}\n`);
}

function startReaper(): ChildProcess {
  const file = fileURLToPath(new URL('./reaper-process.ts', import.meta.url));
  const child = spawn(process.execPath, [file], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // It must not keep this process alive, nor must the pipe to it.
  child.unref();
  if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
