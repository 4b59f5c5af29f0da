import { DatabaseSync } from 'node:sqlite';

/** Survives a killed process, which is all that is asked of it here. */
const SETUP = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    consumer TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    PRIMARY KEY (id, consumer)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at);
`;
const ADD = `
  INSERT INTO messages (id, topic, consumer, content_type, body, created_at, expires_at, due_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
// What is leased is due when its lease ends.
const TAKE = `
  UPDATE messages SET deliveries = deliveries + 1, receipt = ?, due_at = ? WHERE rowid = (
    SELECT rowid FROM messages WHERE topic = ? AND consumer = ? AND due_at <= ? AND expires_at > ? ORDER BY due_at LIMIT 1
  ) RETURNING id, content_type AS contentType, body, created_at AS createdAt, expires_at AS expiresAt, deliveries`;
const REMOVE = 'DELETE FROM messages WHERE consumer = ? AND receipt = ? AND due_at > ?';
const HOLD = 'UPDATE messages SET due_at = ? WHERE consumer = ? AND receipt = ? AND due_at > ?';
const GIVE_BACK = 'UPDATE messages SET receipt = NULL, due_at = ? WHERE consumer = ? AND receipt = ?';
const GIVE_ALL_BACK = 'UPDATE messages SET receipt = NULL, due_at = min(due_at, ?) WHERE receipt IS NOT NULL';
const EXPIRE = 'DELETE FROM messages WHERE expires_at <= ?';
const NEXT = 'SELECT min(due_at) AS at FROM messages';

/** A message as it is sent, its times in milliseconds. */
interface NewMessage {
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly delayMs: number;
  readonly retentionMs: number;
}

/** A message as one consumer has it, for as long as its lease lasts. */
export interface LeasedMessage {
  readonly id: string;
  readonly receipt: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly leasedUntil: number;
  /** 1 for the first. */
  readonly deliveries: number;
}

/** The messages of all topics, in a file. */
export interface Messages {
  /** Keeps one copy for each consumer; gives its id. */
  add(topic: string, consumers: readonly string[], message: NewMessage): string;
  /** Leases what is due first, if anything is. */
  take(topic: string, consumer: string, leaseMs: number): LeasedMessage | undefined;
  /** Whether there was such a lease. */
  remove(consumer: string, receipt: string): boolean;
  /** Has a lease last so long from now on; whether there was such a lease. */
  hold(consumer: string, receipt: string, leaseMs: number): boolean;
  /** Ends a lease, if it still is one: the message is due again after a while. */
  giveBack(consumer: string, receipt: string, afterMs: number): void;
  /** When something is due next, if ever, on the wall's clock. */
  nextDue(): number | undefined;
  close(): void;
}

/** Opens the file, or makes it. What was leased is due: whoever had it has ended with the one that had the file open. */
export function openMessages(file: string): Messages {
  const database = new DatabaseSync(file);
  database.exec(SETUP);
  database.prepare(GIVE_ALL_BACK).run(Date.now());
  const statements = {
    add: database.prepare(ADD),
    take: database.prepare(TAKE),
    remove: database.prepare(REMOVE),
    hold: database.prepare(HOLD),
    giveBack: database.prepare(GIVE_BACK),
    expire: database.prepare(EXPIRE),
    next: database.prepare(NEXT),
  };

  return {
    add(topic, consumers, { contentType, body, delayMs, retentionMs }) {
      const id = crypto.randomUUID();
      const now = Date.now();
      for (const consumer of consumers)
        statements.add.run(id, topic, consumer, contentType, body, now, now + retentionMs, now + delayMs);
      return id;
    },
    take(topic, consumer, leaseMs) {
      const now = Date.now();
      const [receipt, leasedUntil] = [crypto.randomUUID(), now + leaseMs];
      const row = statements.take.get(receipt, leasedUntil, topic, consumer, now, now);
      return isMessage(row) ? { ...row, receipt, leasedUntil } : undefined;
    },
    remove: (consumer, receipt) => statements.remove.run(consumer, receipt, Date.now()).changes === 1,
    hold(consumer, receipt, leaseMs) {
      const now = Date.now();
      return statements.hold.run(now + leaseMs, consumer, receipt, now).changes === 1;
    },
    giveBack: (consumer, receipt, afterMs) => void statements.giveBack.run(Date.now() + afterMs, consumer, receipt),
    nextDue() {
      statements.expire.run(Date.now());
      const row = statements.next.get();
      return typeof row?.at === 'number' ? row.at : undefined;
    },
    close: () => database.close(),
  };
}

// The table is STRICT, so a row's columns have their declared types.
function isMessage(row: unknown): row is Omit<LeasedMessage, 'receipt' | 'leasedUntil'> {
  return row !== undefined;
}
