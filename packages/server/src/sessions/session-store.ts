import type { AtomicStore } from '@mcp-everywhere/platform';
import * as z from 'zod';

/** Counts from the last use. */
const TTL_SECONDS = 24 * 60 * 60;
/** A session is written anew when it was last used so long ago: not with every request, and well before it expires. */
const TOUCH_EVERY_MS = 10 * 60 * 1000;
/** A race is lost only to a call that won, so n calls at once need at most n attempts each. */
const MAX_ATTEMPTS = 64;
/** As the server mints them. What looks otherwise is looked up nowhere. */
const SESSION_ID = /^[0-9a-f]{32}$/;

/** From which level on a client wants to be told. */
export const logLevel = z.enum(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);

const record = z.object({
  /** The principal it belongs to: its id alone opens nothing. */
  owner: z.string(),
  /** What the client sent to begin it: its version, capabilities and name. */
  initialize: z.looseObject({ protocolVersion: z.string() }),
  logLevel: logLevel.optional(),
  /** The resources it has subscribed to. */
  subscriptions: z.array(z.string()),
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
  change(id: string, owner: string, decide: (session: SessionRecord) => Partial<SessionRecord>): Promise<void>;
  end(id: string): Promise<void>;
}

export function sessionStore(store: AtomicStore): SessionStore {
  const write = (session: SessionRecord) => JSON.stringify({ ...session, usedAt: Date.now() });

  async function change(id: string, owner: string, decide: (session: SessionRecord) => Partial<SessionRecord>) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const held = await store.read(keyOf(id));
      if (held === undefined) return;
      const session = record.parse(JSON.parse(held.value));
      if (session.owner !== owner) return;
      const next = write({ ...session, ...decide(session) });
      if (await store.compareAndSet(keyOf(id), held.version, next, TTL_SECONDS)) return;
    }
    throw new Error('A session is changed by too many at the same time.');
  }

  return {
    async create(owner, initialize) {
      const id = crypto.randomUUID().replaceAll('-', '');
      await store.set(keyOf(id), write({ owner, initialize, subscriptions: [], usedAt: 0 }), TTL_SECONDS);
      return id;
    },
    async load(id, owner) {
      if (!SESSION_ID.test(id)) return undefined;
      const held = await store.get(keyOf(id));
      const session = held === undefined ? undefined : record.parse(JSON.parse(held));
      if (session?.owner !== owner) return undefined;
      if (session.usedAt + TOUCH_EVERY_MS < Date.now()) await change(id, owner, () => ({}));
      return session;
    },
    change,
    end: (id) => store.delete(keyOf(id)),
  };
}

function keyOf(id: string): string {
  return `sessions/${id}`;
}
