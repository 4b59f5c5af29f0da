import { Database } from 'bun:sqlite';
import { openSqliteQueue, type SqliteQueue } from './sqlite-queue.ts';

/**
 * A queue in an SQLite file, through Bun's built-in `bun:sqlite`.
 *
 * @example
 * const queue = sqliteQueue('.state/state.sqlite');
 */
export function sqliteQueue(path: string): SqliteQueue {
  return openSqliteQueue(path, (file) => new Database(file));
}
