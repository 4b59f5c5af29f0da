import type { AtomicEngine, Entry } from './engine.ts';

/**
 * Redis itself takes 512 MB; this is as much as one tool may sensibly read and write in one piece. As JSON, the way
 * Upstash takes it, a byte becomes at most six, and its requests end at 10 MB
 * (https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded).
 */
export const MAX_VALUE_BYTES = 1024 * 1024;

/**
 * Compares and writes in one step and one round trip: `KEYS` is the key, `ARGV` the expected version, now, the new record
 * and its time to live in milliseconds; returns 1 where it wrote. It reads the head of the held record alone, not the
 * value. What is under the key and no record of ours has no version, so it is never written over.
 */
export const COMPARE_AND_SET = `
local held = redis.call('GETRANGE', KEYS[1], 0, 63)
local current = 'absent'
if held ~= '' then
  local expires, version = string.match(held, '^(%d+)\\n([^\\n]*)\\n')
  if not expires then return 0 end
  if tonumber(expires) > tonumber(ARGV[2]) then current = version end
end
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1`;

/** The commands of Redis that the engine needs, as a client runs them. */
export interface RedisCommands {
  get(key: string): Promise<string | null>;
  set(key: string, record: string, ttlMs: number): Promise<unknown>;
  remove(key: string): Promise<unknown>;
  /** Runs {@link COMPARE_AND_SET}. */
  compareAndSet(key: string, ...args: [expected: string, now: string, record: string, ttlMs: string]): Promise<unknown>;
}

/** The engine of every Redis, whichever client reaches it. */
export function redisEngine(commands: RedisCommands): AtomicEngine {
  return {
    async load(key) {
      const record = await commands.get(storedKey(key));
      return record === null ? undefined : fromRecord(record);
    },
    async put(key, entry) {
      await commands.set(storedKey(key), toRecord(entry), ttlMs(entry, Date.now()));
    },
    async remove(key) {
      await commands.remove(storedKey(key));
    },
    async swap(key, expected, next, now) {
      const ttl = String(ttlMs(next, now));
      return (await commands.compareAndSet(storedKey(key), expected, String(now), toRecord(next), ttl)) === 1;
    },
  };
}

/** Where a server or a client begins to quote a command, with the value in it, or a reply. */
const QUOTATION = /, with args beginning with: |, command was: |(?<=Unable to parse response body): /;

/**
 * A client's error as it may be logged: without the value. Redis and `@upstash/redis` quote the command in their messages,
 * and ioredis keeps it as a property.
 */
export function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('The client failed without an error.');
  const [message, quotation] = error.message.split(QUOTATION, 2);
  const hasCause = error.cause !== undefined && quotation === undefined;
  return new Error(message, hasCause ? { cause: withoutCommand(error.cause) } : {});
}

function storedKey(key: string): string {
  return `state:${key}`;
}

// One string, not a hash: Redis can give it a time to live as it is written. It never begins with a byte order mark,
// which `@upstash/redis` would strip from a value.
function toRecord({ expiresAt, version, value }: Entry): string {
  return `${expiresAt}\n${version}\n${value}`;
}

function fromRecord(record: string): Entry {
  const [, expiresAt, version, value] = /^(\d+)\n([^\n]*)\n(.*)$/s.exec(record) ?? [];
  if (version === undefined || value === undefined)
    throw new Error('What is stored under the key is no record of state.');
  return { expiresAt: Number(expiresAt), version, value };
}

// Redis counts by its own clock from when it writes, so it removes no record before its expiry, which the store keeps.
function ttlMs({ expiresAt }: Entry, now: number): number {
  return Math.max(1, expiresAt - now);
}
