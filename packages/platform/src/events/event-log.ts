import * as z from 'zod';
import { readEvent, type ServerEvent } from './event-bus.ts';

/** How long a log outlives its last event. Who looks less often than that may have missed some. */
export const LOG_TTL_SECONDS = 60;

/** The last events are kept: some 30 s of a busy server. */
const MAX_ENTRIES = 128;
/** Deno KV takes 64 KiB a value, and a character may be two bytes. */
const MAX_CHARACTERS = 24 * 1024;
/** A race is lost only to a call that won, so n calls at once need at most n attempts each. */
const MAX_ATTEMPTS = 64;

const eventLog = z.object({
  /** A log that is begun anew counts anew. */
  id: z.string(),
  /** The number of the last entry: the first event of all has 1. */
  last: z.int(),
  /** Kept as they are: those of a newer instance's version, too. */
  entries: z.array(z.unknown()),
});

/** The one value of an engine that holds the log. */
export interface LogCell<Version> {
  read(): Promise<{ readonly text: string; readonly version: Version } | undefined>;
  /** Writes only if it is still at `expected`, `undefined` for absent; says whether it wrote. */
  swap(expected: Version | undefined, text: string): Promise<boolean>;
}

/** Appends events to a log, all that have come together in one write. */
export function logWriter<Version>(cell: LogCell<Version>): (event: ServerEvent) => Promise<void> {
  let waiting: ServerEvent[] = [];
  let writing: Promise<void> | undefined;
  const write = async () => {
    try {
      while (waiting.length > 0) {
        const events = waiting;
        waiting = [];
        await append(cell, events);
      }
    } finally {
      // Where the engine failed, what came meanwhile is lost with the rest.
      waiting = [];
      writing = undefined;
    }
  };
  return (event) => {
    waiting.push(event);
    writing ??= write();
    return writing;
  };
}

async function append<Version>(cell: LogCell<Version>, events: readonly ServerEvent[]): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const held = await cell.read();
    const log = held && eventLog.parse(JSON.parse(held.text));
    const last = (log?.last ?? 0) + events.length;
    const entries = [...(log?.entries ?? []), ...events].slice(-MAX_ENTRIES);
    const next = () => JSON.stringify({ id: log?.id ?? crypto.randomUUID(), last, entries });
    while (entries.length > 0 && next().length > MAX_CHARACTERS) entries.shift();
    if (await cell.swap(held?.version, next())) return;
  }
  throw new Error('The log of events is written by too many at the same time.');
}

/** What is new in a log. */
interface News {
  readonly events: readonly ServerEvent[];
  /** Whether there was more, which the log has already dropped. */
  readonly missed: boolean;
}

/** Reads a log as it grows: the first look says where it stands, each further one what came since. */
export function logReader(): (text: string | undefined) => News {
  let seen: { readonly id: string | undefined; readonly last: number; readonly at: number } | undefined;
  return (text) => {
    const log = text === undefined ? undefined : eventLog.parse(JSON.parse(text));
    const before = seen;
    const at = Date.now();
    // A log that has run out is forgotten only with the next one: it may have been read a moment too late.
    seen = { id: log?.id ?? before?.id, last: log?.last ?? before?.last ?? 0, at };
    if (before === undefined) return { events: [], missed: false };
    const late = at - before.at > LOG_TTL_SECONDS * 1000;
    if (log === undefined) return { events: [], missed: late };
    const since = log.id === before.id ? log.last - before.last : log.last;
    const entries = since === 0 ? [] : log.entries.slice(-since);
    const events = entries.map(readEvent).filter((event) => event !== undefined);
    return { events, missed: late || since > log.entries.length };
  };
}
