import type { Engine } from './engine.ts';
import { redisIsInstalled, startRedis } from './redis.ts';
import { redisStandIn } from './redis-stand-in.ts';
import { redisAt, startUpstashFront, type UpstashFront } from './upstash-front.ts';

const NO_REDIS =
  'There is no redis-server on this machine, so the state is in memory, in what stands in for one, and is gone when this ends. ' +
  'To keep it, install Redis: apt-get install redis-server, or brew install redis.';

/** An Upstash database on this machine. */
export interface Upstash extends Pick<UpstashFront, 'url' | 'token' | 'stop'> {
  /** What holds its data. */
  readonly database: Engine;
  /** What is lost when this process ends; `undefined` where nothing is. */
  readonly warning: string | undefined;
}

/**
 * Starts an Upstash database, over a real Redis where there is one.
 *
 * @param directory an existing directory that keeps what it holds for the next start
 */
export async function startUpstash(directory: string): Promise<Upstash> {
  if (!(await redisIsInstalled())) {
    const standIn = redisStandIn();
    const front = await startUpstashFront(() => standIn);
    return { url: front.url, token: front.token, database: front, warning: NO_REDIS, stop: front.stop };
  }
  const redis = await startRedis({ directory });
  const { url, token, stop } = await startUpstashFront(redisAt(redis.url));
  return {
    url,
    token,
    database: redis,
    warning: undefined,
    async stop() {
      await stop();
      await redis.stop();
    },
  };
}
