import type { AtomicStore } from '@mcp-everywhere/platform';
import * as z from 'zod';

/** Counts from the last use. */
const TTL_SECONDS = 24 * 60 * 60;
/** A session is written anew when it was last used so long ago: not with every request, and well before it expires. */
const TOUCH_EVERY_MS = 10 * 60 * 1000;
/** Of many changes at once one wins each time; the others come back after a pause, so that they do not meet again. */
const MAX_ATTEMPTS = 64;
const LONGEST_PAUSE_MS = 200;
/** How long it is known what a client has cancelled, and of how many requests. */
const CANCELLED_MS = 10 * 60 * 1000;
const MAX_CANCELLED = 64;
/** As the server mints them. What looks otherwise is looked up nowhere. */
const SESSION_ID = /^[0-9a-f]{32}$/;

/** From which level on a client wants to be told. */
export const logLevel = z.enum(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);

const record = z.object({
  /** The principal it belongs to: its id alone opens nothing. */
  owner: z.string(),
  /** What the client sent to begin it: its capabilities and name, and the version that was agreed on. */
  initialize: z.looseObject({ protocolVersion: z.string() }),
  logLevel: logLevel.optional(),
  /** The resources it has subscribed to. */
  subscriptions: z.array(z.string()),
  /** The stream by which it is told of changes: the one that was opened last, as each is told only once. */
  stream: z.string().optional(),
  /** What the client does not want any more, wherever it is worked on. */
  cancelled: z.array(z.object({ request: z.string(), at: z.int() })).default([]),
  usedAt: z.int(),
});

/** What a session holds; nobody holds any of it in memory. */
export type SessionRecord = z.infer<typeof record>;

/** The sessions of a server, in a store that all its instances share. */
export interface SessionStore {
  /** @returns the id of a new session, durable by then */
  create(owner: string, initialize: SessionRecord['initialize']): Promise<string>;
  /** The session, or `undefined` where it is malformed, unknown, expired, ended, or somebody else's. Puts its end off. */
  load(id: string, owner: string): Promise<SessionRecord | undefined>;
  /**
   * @param decide gives what is to change, or `undefined` to leave the session as it is; may run several times
   * @throws {SessionBusy}
   */
  change(id: string, owner: string, decide: DecideChange): Promise<void>;
  end(id: string): Promise<void>;
}

type DecideChange = (session: SessionRecord) => Partial<SessionRecord> | undefined;

/** So many requests change one session at once that this one never won. */
export class SessionBusy extends Error {
  override readonly name = 'SessionBusy';

  constructor() {
    super('Too many requests change this session at the same time. Send them one after the other.');
  }
}

/** The cancellations of a session, with one more; those that are old are forgotten. */
export function withCancelled({ cancelled }: SessionRecord, request: string): Pick<SessionRecord, 'cancelled'> {
  const now = Date.now();
  const kept = cancelled.filter((one) => one.at + CANCELLED_MS > now && one.request !== request);
  return { cancelled: [...kept, { request, at: now }].slice(-MAX_CANCELLED) };
}

export function sessionStore(store: AtomicStore): SessionStore {
  const write = (session: SessionRecord) => JSON.stringify({ ...session, usedAt: Date.now() });

  /** @returns whether there is nothing more to do: it was changed, or is not to be, or not there for this caller */
  async function tryChange(id: string, owner: string, decide: DecideChange): Promise<boolean> {
    const held = await store.read(keyOf(id));
    if (held === undefined) return true;
    const session = record.parse(JSON.parse(held.value));
    const changes = session.owner === owner ? decide(session) : undefined;
    if (changes === undefined) return true;
    const next = write({ ...session, ...changes });
    return (await store.compareAndSet(keyOf(id), held.version, next, TTL_SECONDS)) !== undefined;
  }

  async function change(id: string, owner: string, decide: DecideChange) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS));
      if (await tryChange(id, owner, decide)) return;
    }
    throw new SessionBusy();
  }

  return {
    async create(owner, initialize) {
      const id = crypto.randomUUID().replaceAll('-', '');
      await store.set(
        keyOf(id),
        write({ owner, initialize, subscriptions: [], cancelled: [], usedAt: 0 }),
        TTL_SECONDS,
      );
      return id;
    },
    async load(id, owner) {
      if (!SESSION_ID.test(id)) return undefined;
      const held = await store.get(keyOf(id));
      const session = held === undefined ? undefined : record.parse(JSON.parse(held));
      if (session?.owner !== owner) return undefined;
      if (isUntouched(session)) await change(id, owner, (latest) => (isUntouched(latest) ? {} : undefined));
      return session;
    },
    change,
    end: (id) => store.delete(keyOf(id)),
  };
}

function isUntouched({ usedAt }: SessionRecord): boolean {
  return usedAt + TOUCH_EVERY_MS < Date.now();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function keyOf(id: string): string {
  return `sessions/${id}`;
}
