import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../engines/redis.ts';
import { type LaunchedApp, launch } from '../../launch.ts';
import { builtNode } from '../copied-app.ts';
import { REVISIONS } from '../suite/requirements.ts';
import { SETTINGS, type Subject } from '../suite/subject.ts';
import { warmUp } from '../suite/warm-up.ts';
import { oneRequestEach } from './one-request-each.ts';
import { type Instances, startProxy } from './proxy.ts';
import { roundRobin } from './round-robin.ts';

const INSTANCES = 3;
/** A request finds a fresh instance waiting, unless several come at once. */
const SPARES = 4;

/** Instances of the Node app that have nothing in common but one Redis, behind one proxy. */
function behindProxy(
  about: Pick<Subject, 'name' | 'revisions'>,
  instances: (start: () => Promise<LaunchedApp>) => Promise<Instances>,
): Subject {
  return {
    ...about,
    target: 'node',
    async start() {
      const stateDirectory = await mkdtemp(join(tmpdir(), `mcp-everywhere-${about.name}-`));
      const app = await builtNode(stateDirectory);
      const redis = await startRedis();
      const { next, end } = await instances(() =>
        launch(app, { stateDirectory, settings: { ...SETTINGS, REDIS_URL: redis.url } }),
      );
      const proxy = await startProxy(next);
      return {
        url: proxy.url,
        async stop() {
          await proxy.close();
          await end();
          await redis.stop();
          await rm(stateDirectory, { recursive: true, force: true });
        },
      };
    },
  };
}

/** Three instances, each of which gets every third request. */
export const nodeCluster = behindProxy({ name: 'node-cluster', revisions: REVISIONS }, async (start) => {
  const instances = await Promise.all(Array.from({ length: INSTANCES }, start));
  for (const { url } of instances) await warmUp(url);
  return {
    next: roundRobin(instances),
    end: async () => {
      await Promise.all(instances.map((instance) => instance.stop()));
    },
  };
});

/** An instance a request, killed (`kill -9`) when that is over. Of the era that has sessions to lose by it. */
export const nodeKilled = behindProxy({ name: 'node-killed', revisions: ['2025-11-25'] }, async (start) =>
  oneRequestEach(start, SPARES),
);
