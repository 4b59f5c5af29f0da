import { installPodman } from './debian-packages.ts';
import { findDocker } from './docker.ts';
import type { ContainerEngine } from './engine.ts';
import { findPodman } from './podman.ts';

/**
 * The Docker engine where one runs, else podman and buildah.
 *
 * @throws {Error} where there is neither
 */
export async function findEngine(): Promise<ContainerEngine> {
  const engine = (await findDocker()) ?? (await findPodman());
  if (engine === undefined) {
    throw new Error(
      'Images cannot be built here: no Docker engine answers, and podman and buildah are not there, or not to be used ' +
        'without root. Start Docker; or, on Debian, run this as root, which installs them.',
    );
  }
  return engine;
}

/**
 * As {@link findEngine}; on Debian, as root, podman and buildah are installed where no Docker engine runs.
 *
 * @throws {Error} where there is no engine even so
 */
export async function findOrInstallEngine(): Promise<ContainerEngine> {
  const docker = await findDocker();
  if (docker !== undefined) return docker;
  await installPodman();
  return findEngine();
}
