import { openSqlite, type SqliteDatabase } from '../../state/sqlite.ts';
import { type Delivery, jobSender, type RunDelivery, type WorkedQueue } from '../job-queue.ts';
import { seldom } from './seldom.ts';

/** How long a delivery is locked; renewed while it runs, so that only a process that died leaves one locked. */
const LOCK_MS = 15_000;
/** Another process may have sent something: this one's own deliveries wake it at once. */
const LOOK_EVERY_MS = 500;
const AT_ONCE = 4;
/** A run that rejects has no store to work with: it is tried again when that may be back. */
const REJECTED_MS = 1_000;

// `version` tells a delivery that was sent anew while it ran from the one that was taken. What is sent anew while it waits
// keeps its place: whoever asks for a job in a backlog would else put it off.
const SCHEMA = `
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
  ON CONFLICT (job_id) DO UPDATE SET version = version + 1, due_at = min(due_at, excluded.due_at)`;
const TAKE = `
  UPDATE job_queue SET locked_until = ? WHERE job_id = (
    SELECT job_id FROM job_queue WHERE due_at <= ? AND locked_until <= ? ORDER BY due_at LIMIT 1
  ) RETURNING job_id AS jobId, version`;
const RENEW = 'UPDATE job_queue SET locked_until = ? WHERE job_id = ?';
const DONE = 'DELETE FROM job_queue WHERE job_id = ? AND version = ?';
const AGAIN = `
  UPDATE job_queue SET locked_until = 0, due_at = CASE WHEN version = ? THEN ? ELSE due_at END WHERE job_id = ?`;
const NEXT = 'SELECT min(max(due_at, locked_until)) AS at FROM job_queue';

const REJECTED: Delivery = { kind: 'again', afterMs: REJECTED_MS };

/** A queue in a file, and what runs its deliveries in this process. */
export interface SqliteQueue extends WorkedQueue {
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
 * @throws {Error} naming the path, when it cannot be opened as a database
 */
export function openSqliteQueue(path: string, open: (path: string) => SqliteDatabase): SqliteQueue {
  return openSqlite(path, SCHEMA, open, sqliteQueueOver);
}

function sqliteQueueOver(database: SqliteDatabase): SqliteQueue {
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
  let report: (error: unknown) => void = () => {};
  let reportRun = report;
  let ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const take = (): Taken | undefined => {
    const now = Date.now();
    const row = statements.take.get(now + LOCK_MS, now, now);
    return isTaken(row) ? row : undefined;
  };

  // Another process may hold the file for longer than this one waits, and a timer that throws would end the process.
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      report(error);
    }
  };

  const deliver = async ({ jobId, version }: Taken, runDelivery: RunDelivery): Promise<void> => {
    const renew = setInterval(() => attempt(() => statements.renew.run(Date.now() + LOCK_MS, jobId)), LOCK_MS / 3);
    const delivery = await runDelivery(jobId, ending.signal).catch((error: unknown) => {
      reportRun(error);
      return REJECTED;
    });
    clearInterval(renew);
    // Where this fails, the delivery is made again when its lock runs out.
    attempt(() => {
      const { changes } = delivery.kind === 'done' ? statements.done.run(jobId, version) : { changes: 0 };
      if (Number(changes) > 0) return;
      statements.again.run(version, Date.now() + (delivery.kind === 'again' ? delivery.afterMs : 0), jobId);
    });
  };

  const takeAll = (runDelivery: RunDelivery): void => {
    while (running.size < AT_ONCE) {
      const taken = take();
      if (taken === undefined) break;
      const ended = deliver(taken, runDelivery).finally(() => {
        running.delete(ended);
        look();
      });
      running.add(ended);
    }
  };

  const untilNext = (): number => {
    const next = statements.next.get();
    const at = isNext(next) && next.at !== null ? next.at - Date.now() : LOOK_EVERY_MS;
    return Math.min(Math.max(at, 1), LOOK_EVERY_MS);
  };

  const look = (): void => {
    clearTimeout(timer);
    if (run === undefined) return;
    const runDelivery = run;
    let pauseMs = LOOK_EVERY_MS;
    attempt(() => {
      takeAll(runDelivery);
      pauseMs = untilNext();
    });
    // Where no more are taken, the end of one looks again.
    if (running.size >= AT_ONCE) return;
    timer = setTimeout(look, pauseMs);
    // It keeps no process alive that has nothing else to do.
    if (typeof timer === 'object') timer.unref();
  };

  return {
    ...jobSender('sqlite', async (jobId, delayMs) => {
      statements.send.run(jobId, Date.now() + delayMs);
      if (run !== undefined && running.size < AT_ONCE) queueMicrotask(look);
    }),
    start(runDelivery, onError) {
      run = runDelivery;
      report = onError;
      reportRun = seldom(onError);
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
