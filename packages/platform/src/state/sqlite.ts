import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import type { AtomicStore } from './store.ts';

/** SQLite itself takes a gigabyte; this is as much as one tool may sensibly read and write in one piece. */
const MAX_VALUE_BYTES = 1024 * 1024;

/**
 * Once in so many writes twice as many rows are looked at, in turn, and the expired ones deleted: the sweep outruns the
 * writes. An index on the expiry would find them directly, and makes every write cost twice as much (23 us against 11).
 */
const WRITES_PER_SWEEP = 256;
const ROWS_PER_SWEEP = 2 * WRITES_PER_SWEEP;

// busy_timeout comes first, so that two processes that open a new file at once wait for each other. In WAL mode
// `synchronous = NORMAL` survives a killed process; a power cut may lose the last moments, never the file
// (https://sqlite.org/pragma.html#pragma_synchronous).
const PRAGMAS = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
`;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (
    key TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
`;
const LOAD = 'SELECT value, expires_at AS expiresAt, version FROM state WHERE key = ?';
const PUT = `
  INSERT INTO state (key, value, expires_at, version) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, version = excluded.version`;
const PUT_IF_ABSENT = `${PUT} WHERE state.expires_at <= ?`;
const PUT_IF_VERSION =
  'UPDATE state SET value = ?, expires_at = ?, version = ? WHERE key = ? AND version = ? AND expires_at > ?';
const REMOVE = 'DELETE FROM state WHERE key = ?';
const SWEEP_END = 'SELECT max(rowid) AS last FROM (SELECT rowid FROM state WHERE rowid > ? ORDER BY rowid LIMIT ?)';
const SWEEP = 'DELETE FROM state WHERE rowid > ? AND rowid <= ? AND expires_at <= ?';

/** What `node:sqlite` and `bun:sqlite` have in common. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface SqliteStatement {
  get(...parameters: (string | number)[]): unknown;
  run(...parameters: (string | number)[]): { readonly changes: number | bigint };
  /** Bun only: there, closing a database leaves it open for as long as one of its statements is. */
  finalize?(): void;
}

/** A store in a file. `close` ends it; every call after that fails with `StoreUnavailable`. */
export type SqliteStore = AtomicStore & { close(): void };

/**
 * State in an SQLite file, which several processes may have open at once: a compare-and-set is one SQL statement.
 * Creates the file and its directory.
 *
 * @param open opens the file with the runtime's own module
 * @throws {Error} naming the path, when it cannot be opened as a database
 */
export function openSqliteStore(path: string, open: (path: string) => SqliteDatabase): SqliteStore {
  return openSqlite(path, SCHEMA, open, sqliteStoreOver);
}

/**
 * Opens an SQLite file, which is created with its directory where there is none.
 *
 * @param schema creates the tables that are not there yet
 * @param use what is made of the database; it is closed again where that fails
 * @throws {Error} naming the path, when it cannot be opened as a database
 */
export function openSqlite<Used>(
  path: string,
  schema: string,
  open: (path: string) => SqliteDatabase,
  use: (database: SqliteDatabase) => Used,
): Used {
  let database: SqliteDatabase | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = open(path);
    database.exec(PRAGMAS + schema);
    return use(database);
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot open the SQLite state file ${path}: ${reason}. Name a database file, or a new one in a directory that this process may write to.`,
      { cause },
    );
  }
}

function sqliteStoreOver(database: SqliteDatabase): SqliteStore {
  const statements = {
    load: database.prepare(LOAD),
    put: database.prepare(PUT),
    putIfAbsent: database.prepare(PUT_IF_ABSENT),
    putIfVersion: database.prepare(PUT_IF_VERSION),
    remove: database.prepare(REMOVE),
    sweepEnd: database.prepare(SWEEP_END),
    sweep: database.prepare(SWEEP),
  };

  let writesUntilSweep = 0;
  let sweptTo = 0;
  const sweepNowAndThen = () => {
    if (writesUntilSweep-- > 0) return;
    writesUntilSweep = WRITES_PER_SWEEP;
    const end = statements.sweepEnd.get(sweptTo, ROWS_PER_SWEEP);
    const last = isSweepEnd(end) ? end.last : null;
    if (last !== null) statements.sweep.run(sweptTo, last, Date.now());
    sweptTo = last ?? 0;
  };

  const store = atomicStore(
    'sqlite',
    { maxValueBytes: MAX_VALUE_BYTES },
    {
      load: (key) => {
        const row = statements.load.get(key);
        return isEntry(row) ? row : undefined;
      },
      put: (key, { value, expiresAt, version }) => {
        sweepNowAndThen();
        statements.put.run(key, value, expiresAt, version);
      },
      remove: (key) => {
        statements.remove.run(key);
      },
      swap: (key, expected, { value, expiresAt, version }, now) => {
        sweepNowAndThen();
        const { changes } =
          expected === 'absent'
            ? statements.putIfAbsent.run(key, value, expiresAt, version, now)
            : statements.putIfVersion.run(value, expiresAt, version, key, expected, now);
        return Number(changes) === 1 ? version : undefined;
      },
    },
  );
  const close = () => {
    for (const statement of Object.values(statements)) statement.finalize?.();
    database.close();
  };
  return { ...store, close };
}

// No row is `undefined` on Node and `null` on Bun. The table is STRICT, so a row's columns have their declared types.
function isEntry(row: unknown): row is Entry {
  return typeof row === 'object' && row !== null;
}

function isSweepEnd(row: unknown): row is { readonly last: number | null } {
  return typeof row === 'object' && row !== null && 'last' in row;
}
