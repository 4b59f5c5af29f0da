import { Redis, type RedisOptions } from 'ioredis';
import { withinAwakeTime } from './awake-time.ts';
import { withoutCommand } from './redis-engine.ts';

/** How long a command may take, with the wait for a connection. A tool's caller waits for as long. */
const COMMAND_MS = 1_500;
const CONNECT_MS = 1_000;
/** The longest pause between two attempts to connect: a server that has returned is found within it. */
const MAX_RECONNECT_PAUSE_MS = 500;

/** The pause before an attempt to connect anew. */
export function reconnectPause(attempt: number): number {
  return Math.min(attempt * 50, MAX_RECONNECT_PAUSE_MS);
}

/** A connection whose commands fail in time where the server does not answer. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Gives what a command gives; where it fails, the error says why, and quotes nothing of the command. */
  run<T>(command: Promise<T>): Promise<T>;
}

/**
 * Connects at once, and again by itself whenever the connection is lost; until then each command fails within 1.5 s.
 *
 * @throws {Error} where the address is no `redis://` or `rediss://` URL
 */
export function connectToRedis(
  url: string,
  options: Pick<RedisOptions, 'scripts' | 'autoResubscribe'> = {},
): RedisConnection {
  const redis = new Redis(checkedUrl(url).href, {
    ...options,
    connectTimeout: CONNECT_MS,
    retryStrategy: reconnectPause,
    // What waits for a connection fails with the attempt to connect, and what was sent before it was lost is not sent again:
    // it may have been run, and a compare-and-set that won would lose to itself.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // After a failover the connection may still lead to the old primary, which has become a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });

  // ioredis tells a command only that the connection was lost; why, it tells its listeners.
  let connectionError: Error | undefined;
  redis.on('error', (error: Error) => {
    connectionError = error;
  });
  redis.on('ready', () => {
    connectionError = undefined;
  });
  const late = () => {
    // A server that is gone without a word would be waited for until TCP gives up, a quarter of an hour later.
    if (redis.status === 'connect' || redis.status === 'ready') redis.disconnect(true);
    return new Error('Command timed out');
  };
  return {
    redis,
    async run(command) {
      try {
        return await withinAwakeTime(COMMAND_MS, command, late);
      } catch (error) {
        throw withoutCommand(connectionError ?? error);
      }
    },
  };
}

/**
 * The database that an address names: `0` where it names none.
 *
 * @throws {Error} where the address is no `redis://` or `rediss://` URL
 */
export function databaseOf(url: string): string {
  return checkedUrl(url).pathname.slice(1) || '0';
}

function checkedUrl(url: string): URL {
  const parsed = URL.parse(url);
  // The URL holds the password, so no message quotes it.
  if (parsed === null || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new Error('The address of Redis is no URL such as redis://user:password@host:6379/0, or rediss:// for TLS.');
  }
  return parsed;
}
