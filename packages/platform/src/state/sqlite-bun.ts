import { Database } from 'bun:sqlite';
import { openSqliteStore, type SqliteStore } from './sqlite.ts';

/**
 * State in an SQLite file, through Bun's built-in `bun:sqlite`.
 *
 * @throws {Error} naming the path, when it cannot be opened as a database
 * @example
 * const store = sqliteStore('.state/state.sqlite');
 */
export function sqliteStore(path: string): SqliteStore {
  return openSqliteStore(path, (file) => new Database(file));
}
