import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Base, type ContainerEngine, imageOf } from '../container/engine.ts';
import type { App } from './app.ts';

const runInForeground = fileURLToPath(new URL('../container/run-in-foreground.ts', import.meta.url));

/** As little as the container can do with: what `docker run` should be given in production. */
export function hardened({ runFlags, limitsMemory }: ContainerEngine): string[] {
  return [
    '--rm',
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    ...(limitsMemory ? ['--memory=128m'] : []),
    // podman has systemd run it, which is not everywhere.
    '--no-healthcheck',
    ...runFlags,
  ];
}

/**
 * apps/node in a container of one of the images, on the network of this machine, so that it reaches the suite's own site.
 *
 * @param redisUrl the URL of the Redis that stands for a state directory; without it the directory is mounted
 */
export function containerApp(engine: ContainerEngine, base: Base, redisUrl?: (directory: string) => string): App {
  const image = imageOf(base);
  return {
    name: 'node',
    runtime: 'node',
    stateKind: redisUrl === undefined ? 'sqlite' : 'redis',
    queue: redisUrl === undefined ? 'sqlite' : 'bullmq',
    exitsCleanly: true,
    version: engine.command(['run', ...hardened(engine), '--network=none', '--entrypoint=node', image, '--version']),
    async command({ port, stateDirectory, settings }) {
      // The user in the container is another one.
      await chmod(stateDirectory, 0o777);
      const name = `mcp-everywhere-${randomUUID()}`;
      const environment = {
        HOST: '127.0.0.1',
        PORT: String(port),
        ...(redisUrl !== undefined && { REDIS_URL: redisUrl(stateDirectory) }),
        ...settings,
      };
      const run = engine.command([
        'run',
        `--name=${name}`,
        ...hardened(engine),
        '--network=host',
        ...(redisUrl === undefined ? [`--volume=${stateDirectory}:/data`] : []),
        ...Object.entries(environment).map(([variable, value]) => `--env=${variable}=${value}`),
        image,
      ]);
      return {
        ...run,
        file: process.execPath,
        args: [runInForeground, name, run.file, ...run.args],
        kill: engine.command(['kill', name]),
      };
    },
  };
}
