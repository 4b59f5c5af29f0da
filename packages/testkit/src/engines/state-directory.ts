import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Lock, takeLock } from '../launch/lock.ts';

/** A directory that an engine keeps its state in, for as long as no other may. */
export interface StateDirectory extends Lock {
  /** In full. */
  readonly path: string;
}

/**
 * Makes the directory of a state engine where there is none, and keeps others out: two engines on the same files lose what
 * they are given.
 *
 * @throws {Error} where another process, or this one, has its state there
 */
export async function openStateDirectory(directory: string): Promise<StateDirectory> {
  const path = resolve(directory);
  await mkdir(path, { recursive: true });
  const lock = takeLock(join(path, '.lock'));
  if (lock !== undefined) return { path, release: lock.release };
  throw new Error(
    `The state in ${path} is in use, by a server that still runs. Stop that one, or keep the state elsewhere: STATE_PATH=<directory>`,
  );
}
