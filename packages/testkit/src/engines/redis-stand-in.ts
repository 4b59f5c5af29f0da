import { createHash } from 'node:crypto';
import { COMPARE_AND_SET } from '@mcp-everywhere/platform/state/redis-engine';
import type { Command, Database } from './upstash-front.ts';

const SCRIPT_DIGEST = createHash('sha1').update(COMPARE_AND_SET).digest('hex');

/**
 * Stands in for Redis where there is none: runs the commands that the store sends and no other, {@link COMPARE_AND_SET} not
 * as Lua but by what it says, and holds everything in memory.
 */
export function redisStandIn(): Database {
  const held = new Map<string, { readonly record: string; readonly until: number }>();
  const get = (key: string): string | undefined => {
    const found = held.get(key);
    return found !== undefined && found.until > Date.now() ? found.record : undefined;
  };
  const set = (key: string, record: string, ttlMs: number) => held.set(key, { record, until: Date.now() + ttlMs });

  const compareAndSet = (key: string, expected: string, now: number, record: string, ttlMs: number): number => {
    const current = get(key) ?? '';
    const [, expires, version] = /^(\d+)\n([^\n]*)\n/.exec(current) ?? [];
    if (current !== '' && expires === undefined) return 0;
    if ((Number(expires) > now ? version : 'absent') !== expected) return 0;
    set(key, record, ttlMs);
    return 1;
  };

  const run = (command: Command): unknown => {
    const [name = '', key = '', ...args] = command.map(String);
    switch (name.toUpperCase()) {
      case 'GETEX': {
        const record = get(key);
        return record === undefined ? null : Buffer.from(record);
      }
      case 'SET':
        set(key, args[0] ?? '', Number(args[2]));
        return Buffer.from('OK');
      case 'DEL':
        return held.delete(key) ? 1 : 0;
      case 'EVALSHA':
        if (key === SCRIPT_DIGEST) {
          // Whoever has no redis-server sends one key at a time.
          const [, stored = '', expected = '', now, record = '', ttlMs] = args;
          return [compareAndSet(stored, expected, Number(now), record, Number(ttlMs))];
        }
    }
    throw refusal(name);
  };

  return {
    run: async (command) => run(command),
    transaction: () => Promise.reject(refusal('MULTI')),
    close: () => {},
  };
}

function refusal(command: string): Error {
  const error = new Error(`ERR what stands in for Redis runs no ${command} but the store's own: install redis-server`);
  error.name = 'ReplyError';
  return error;
}
