import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqliteDatabase } from '../../state/sqlite.ts';
import type { JobQueue, RunDelivery } from '../job-queue.ts';

/** How long a delivery is locked; renewed while it runs, so that only a process that died leaves one locked. */
const LOCK_MS = 15_000;
/** Another process may have sent something: this one's own deliveries wake it at once. */
const LOOK_EVERY_MS = 500;
const AT_ONCE = 4;

// `version` tells a delivery that was sent anew while it ran from the one that was taken.
const OPEN = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS job_queue (
    job_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS job_queue_due ON job_queue (due_at);
`;
const SEND = `
  INSERT INTO job_queue (job_id, version, due_at, locked_until) VALUES (?, 1, ?, 0)
  ON CONFLICT (job_id) DO UPDATE SET version = version + 1, due_at = excluded.due_at`;
const TAKE = `
  UPDATE job_queue SET locked_until = ? WHERE job_id = (
    SELECT job_id FROM job_queue WHERE due_at <= ? AND locked_until <= ? ORDER BY due_at LIMIT 1
  ) RETURNING job_id AS jobId, version`;
const RENEW = 'UPDATE job_queue SET locked_until = ? WHERE job_id = ?';
const DONE = 'DELETE FROM job_queue WHERE job_id = ? AND version = ?';
const AGAIN = `
  UPDATE job_queue SET locked_until = 0, due_at = CASE WHEN version = ? THEN ? ELSE due_at END WHERE job_id = ?`;
const NEXT = 'SELECT min(max(due_at, locked_until)) AS at FROM job_queue';

/** A queue in a file, and what runs its deliveries in this process. */
export interface SqliteQueue extends JobQueue {
  /** Runs deliveries, several at once, until {@link stop}. */
  start(run: RunDelivery): void;
  /** Takes no further delivery, has the running ones leave off, and resolves when they have. */
  stop(): Promise<void>;
  close(): void;
}

interface Taken {
  readonly jobId: string;
  readonly version: number;
}

/**
 * A queue in an SQLite file, which may be the one of the state: it survives the process, and several processes may work on
 * it. Creates the file and its directory.
 *
 * @param open opens the file with the runtime's own module
 */
export function openSqliteQueue(path: string, open: (path: string) => SqliteDatabase): SqliteQueue {
  mkdirSync(dirname(path), { recursive: true });
  const database = open(path);
  database.exec(OPEN);
  const statements = {
    send: database.prepare(SEND),
    take: database.prepare(TAKE),
    renew: database.prepare(RENEW),
    done: database.prepare(DONE),
    again: database.prepare(AGAIN),
    next: database.prepare(NEXT),
  };
  const running = new Set<Promise<void>>();
  let run: RunDelivery | undefined;
  let ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const take = (): Taken | undefined => {
    const now = Date.now();
    const row = statements.take.get(now + LOCK_MS, now, now);
    return isTaken(row) ? row : undefined;
  };

  const deliver = async ({ jobId, version }: Taken, runDelivery: RunDelivery): Promise<void> => {
    const renew = setInterval(() => statements.renew.run(Date.now() + LOCK_MS, jobId), LOCK_MS / 3);
    try {
      const delivery = await runDelivery(jobId, ending.signal);
      const { changes } = delivery.kind === 'done' ? statements.done.run(jobId, version) : { changes: 0 };
      if (Number(changes) === 0) {
        statements.again.run(version, Date.now() + (delivery.kind === 'again' ? delivery.afterMs : 0), jobId);
      }
    } catch {
      // The store is down. The delivery is made again when its lock runs out.
    } finally {
      clearInterval(renew);
    }
  };

  const look = (): void => {
    clearTimeout(timer);
    if (run === undefined) return;
    while (running.size < AT_ONCE) {
      const taken = take();
      if (taken === undefined) break;
      const ended = deliver(taken, run).finally(() => {
        running.delete(ended);
        look();
      });
      running.add(ended);
    }
    // Where no more are taken, the end of one looks again.
    if (running.size >= AT_ONCE) return;
    const next = statements.next.get();
    const at = isNext(next) && next.at !== null ? next.at - Date.now() : LOOK_EVERY_MS;
    timer = setTimeout(look, Math.min(Math.max(at, 1), LOOK_EVERY_MS));
    // It keeps no process alive that has nothing else to do.
    if (typeof timer === 'object') timer.unref();
  };

  return {
    kind: 'sqlite',
    async send(jobId, delayMs = 0) {
      statements.send.run(jobId, Date.now() + delayMs);
      if (run !== undefined && running.size < AT_ONCE) queueMicrotask(look);
    },
    start(runDelivery) {
      run = runDelivery;
      ending = new AbortController();
      look();
    },
    async stop() {
      run = undefined;
      ending.abort();
      clearTimeout(timer);
      await Promise.all(running);
    },
    close() {
      run = undefined;
      clearTimeout(timer);
      for (const statement of Object.values(statements)) statement.finalize?.();
      database.close();
    },
  };
}

// The table is STRICT, so a row's columns have their declared types. No row is `undefined` on Node and `null` on Bun.
function isTaken(row: unknown): row is Taken {
  return typeof row === 'object' && row !== null;
}

function isNext(row: unknown): row is { readonly at: number | null } {
  return typeof row === 'object' && row !== null && 'at' in row;
}
