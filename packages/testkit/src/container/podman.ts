import { mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { environmentWith, workspaceRoot } from '../apps/workspace.ts';
import { buildVolumes } from './build-volumes.ts';
import { type ContainerEngine, imageOf } from './engine.ts';
import { ensureNodeImage } from './node-image.ts';

/**
 * A store of its own: what stands in for the official image of Node must not be found under that name by anybody else.
 */
const STORE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mcp-everywhere', 'containers');
const STORE_FLAGS = ['--root', join(STORE, 'storage'), '--runroot', join(STORE, 'run')];

/** What also works where no systemd runs and the kernel's control groups are of the first version. */
const PODMAN_FLAGS = [...STORE_FLAGS, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];

/**
 * As root, podman raises these limits as far as the kernel goes, and fails in a sandbox whose root may not. The app needs
 * far less than these.
 */
const RUN_FLAGS = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=4096:4096'];

/** podman and buildah, or `undefined` where they are not there or this is not root. */
export async function findPodman(): Promise<ContainerEngine | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [podman, buildah] = await Promise.all([versionOf('podman'), versionOf('buildah')]);
  if (podman === undefined || buildah === undefined) return undefined;
  await mkdir(STORE, { recursive: true });
  const command = (args: readonly string[]) => ({
    file: 'podman',
    args: [...PODMAN_FLAGS, ...args],
    cwd: tmpdir(),
    env: environmentWith({}),
  });
  const info = await execa('podman', [...PODMAN_FLAGS, 'info', '--format', '{{.Host.CgroupControllers}}']);
  return {
    name: `podman ${podman}, buildah ${buildah}`,
    limitsMemory: info.stdout.includes('memory'),
    runFlags: RUN_FLAGS,
    command,
    async build(base) {
      await ensureNodeImage(command);
      await using volumes = await buildVolumes();
      await execa(
        'buildah',
        [
          ...STORE_FLAGS,
          'bud',
          '--layers',
          // Without it, neither HEALTHCHECK nor its interval is kept.
          '--format=docker',
          // Builds without the rights that a container of its own for each step would need.
          '--isolation=chroot',
          '--network=host',
          '--pull-never',
          ...volumes.flags,
          '--file=infra/docker/Dockerfile',
          // buildah 1.28 does not apply the Dockerfile's own default to the name of a stage.
          `--build-arg=BASE=${base}`,
          `--tag=${imageOf(base)}`,
          '.',
        ],
        { cwd: workspaceRoot, stdout: 'inherit', stderr: 'inherit' },
      );
      // buildah 1.28 leaves the container of a stage that is a FROM alone.
      await execa('buildah', [...STORE_FLAGS, 'rm', '--all']);
    },
  };
}

async function versionOf(program: string): Promise<string | undefined> {
  const { failed, stdout } = await execa(program, ['--version'], { reject: false });
  return failed ? undefined : /\d+\.\d+\.\d+/.exec(stdout)?.[0];
}
