import { DatabaseSync } from 'node:sqlite';
import { openSqliteQueue, type SqliteQueue } from './sqlite-queue.ts';

/**
 * A queue in an SQLite file, through Node's built-in `node:sqlite`.
 *
 * @example
 * const queue = sqliteQueue('.state/state.sqlite');
 */
export function sqliteQueue(path: string): SqliteQueue {
  return openSqliteQueue(path, (file) => new DatabaseSync(file));
}

export type { SqliteQueue };
