import { connectToRedis, databaseOf, type RedisConnection } from '../state/redis-connection.ts';
import { type EventFeed, engineBus } from './engine-bus.ts';
import { decodeEvent, type EventBus } from './event-bus.ts';

/** How often a silent connection is tried: a server that is gone without a word is noticed within this and 1.5 s. */
const TRY_EVERY_MS = 5_000;

/** A bus in Redis. `close` ends the connection it publishes by; that of the listeners ends with the last of them. */
export type RedisBus = EventBus & { close(): void };

/**
 * A bus through Redis's publish and subscribe, between all processes that name the same server and database. Whoever
 * listens holds a connection of its own; the one that publishes is opened with the first event. While Redis is away events
 * are lost, and the listeners are told so when it is back.
 *
 * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * @throws {Error} where it is no such URL
 *
 * @example
 * const bus = redisBus('redis://127.0.0.1:6379');
 */
export function redisBus(url: string): RedisBus {
  // Redis's channels are of the server, not of a database.
  const channel = `events:${databaseOf(url)}`;
  let publisher: RedisConnection | undefined;
  return {
    ...engineBus('redis', {
      publish(event) {
        publisher ??= connectToRedis(url);
        return publisher.run(publisher.redis.publish(channel, JSON.stringify(event)));
      },
      connect: (feed) => listen(url, channel, feed),
    }),
    close: () => publisher?.redis.disconnect(),
  };
}

function listen(url: string, channel: string, feed: EventFeed): () => void {
  // It is up when it has subscribed anew, which only who does it learns.
  const { redis, run } = connectToRedis(url, { autoResubscribe: false });
  redis.on('message', (_channel, text: string) => {
    const event = decodeEvent(text);
    if (event !== undefined) feed.deliver(event);
  });
  redis.on('ready', () => {
    run(redis.subscribe(channel)).then(feed.up, (error: unknown) => {
      feed.down(error);
      redis.disconnect(true);
    });
  });
  redis.on('error', feed.down);
  redis.on('close', () => feed.down(new Error('The connection was lost.')));
  // One that is not answered ends the connection, and `close` says so.
  const timer = setInterval(() => run(redis.ping()).catch(() => {}), TRY_EVERY_MS);
  return () => {
    clearInterval(timer);
    redis.disconnect();
  };
}
