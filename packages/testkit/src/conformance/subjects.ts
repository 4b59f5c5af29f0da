import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../apps/app.ts';
import { launch } from '../launch.ts';
import { nodeCluster, nodeKilled } from './cluster/node-cluster.ts';
import { CONFORMANCE_APPS } from './conformance-app.ts';
import { REVISIONS } from './suite/requirements.ts';
import { SETTINGS, type Subject } from './suite/subject.ts';
import { warmUp } from './suite/warm-up.ts';

/** One app, as it is launched. */
function alone(app: App): Subject {
  return {
    name: app.name,
    target: app.name,
    revisions: REVISIONS,
    async start() {
      const stateDirectory = await mkdtemp(join(tmpdir(), `mcp-everywhere-${app.name}-`));
      const launched = await launch(app, { stateDirectory, settings: SETTINGS });
      await warmUp(launched.url);
      return {
        url: launched.url,
        async stop() {
          await launched.stop();
          await app.release?.(stateDirectory);
          await rm(stateDirectory, { recursive: true, force: true, maxRetries: 5 });
        },
      };
    },
  };
}

/** All that the suite is run against. */
export const SUBJECTS: readonly Subject[] = [...CONFORMANCE_APPS.map(alone), nodeCluster, nodeKilled];
