import type { AtomicEngine, Entry } from './engine.ts';

/**
 * Redis itself takes 512 MB; this is as much as one tool may sensibly read and write in one piece. As JSON, the way
 * Upstash takes it, a byte becomes at most six, and its requests end at 10 MB
 * (https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded).
 */
export const MAX_VALUE_BYTES = 1024 * 1024;

/**
 * Compares and writes, each key by itself, in one step and one round trip. `KEYS` are the keys; `ARGV` is, for each, the
 * expected version, now, the new record and its time to live in milliseconds. Returns, for each, 1 where it wrote, 0 where it
 * did not, or why the key cannot be read. It reads the head of the held record alone, not the value. What is under the key
 * and no record of ours has no version, so it is never written over.
 */
export const COMPARE_AND_SET = `
local wrote = {}
for i, key in ipairs(KEYS) do
  local at = 4 * i - 3
  local held = redis.pcall('GETRANGE', key, 0, 63)
  if type(held) == 'table' then
    wrote[i] = held.err
  else
    local current = 'absent'
    if held ~= '' then
      local expires, version = string.match(held, '^(%d+)\\n([^\\n]*)\\n')
      if not expires then current = false
      elseif tonumber(expires) > tonumber(ARGV[at + 1]) then current = version end
    end
    if current == ARGV[at] then
      redis.call('SET', key, ARGV[at + 2], 'PX', ARGV[at + 3])
      wrote[i] = 1
    else
      wrote[i] = 0
    end
  end
end
return wrote`;

/** A key, and what {@link COMPARE_AND_SET} takes for it. */
export interface RedisSwap {
  readonly key: string;
  readonly args: readonly [expected: string, now: string, record: string, ttlMs: string];
}

/** The commands of Redis that the engine needs, as a client runs them. */
export interface RedisCommands {
  get(key: string): Promise<string | null>;
  set(key: string, record: string, ttlMs: number): Promise<unknown>;
  remove(key: string): Promise<unknown>;
  /** Runs {@link COMPARE_AND_SET}, and gives what it gave for this key. */
  compareAndSet(swap: RedisSwap): Promise<unknown>;
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
      const args = [expected, String(now), toRecord(next), ttl] as const;
      const wrote = await commands.compareAndSet({ key: storedKey(key), args });
      if (typeof wrote === 'string') throw new Error(wrote);
      return wrote === 1 ? next.version : undefined;
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
