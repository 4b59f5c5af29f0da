import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtNode } from '../conformance/copied-app.ts';
import { SETTINGS } from '../conformance/suite/subject.ts';
import { startRedis } from '../engines/redis.ts';
import { launch } from '../launch.ts';

/** Two servers that share nothing but a store. */
interface TwoInstances {
  /** e.g. `http://127.0.0.1:49152` */
  readonly urls: readonly [one: string, other: string];
  stop(): Promise<void>;
}

/** Launches two instances of apps/node on a Redis of their own, which serve the fixtures of the suite with sessions. */
export async function twoInstances(): Promise<TwoInstances> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-two-instances-'));
  const app = await builtNode(stateDirectory);
  const redis = await startRedis();
  const options = { stateDirectory, settings: { ...SETTINGS, REDIS_URL: redis.url } };
  const instances = [await launch(app, options), await launch(app, options)] as const;
  return {
    urls: [instances[0].url, instances[1].url],
    async stop() {
      await Promise.all(instances.map((instance) => instance.stop()));
      await redis.stop();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
