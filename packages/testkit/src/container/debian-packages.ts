import { access } from 'node:fs/promises';
import { execa } from 'execa';

/** What takes the place of a Docker engine; runc, because podman recommends crun and leaves the choice. */
const PACKAGES = ['buildah', 'podman', 'runc', 'mmdebstrap'];

/**
 * Installs Debian's podman and buildah where they are missing, and says so.
 * Elsewhere than on Debian, or without root, it does nothing.
 */
export async function installPodman(): Promise<void> {
  const isDebian = await access('/etc/debian_version').then(
    () => true,
    () => false,
  );
  if (!isDebian || process.getuid?.() !== 0) return;
  // Each has a program of its own name.
  const found = await Promise.all(PACKAGES.map((name) => execa(name, ['--version'], { reject: false })));
  if (found.every(({ failed }) => !failed)) return;
  process.stdout.write(`No Docker engine answers. Installing Debian's ${PACKAGES.join(', ')} …\n`);
  const options = { stdout: 'ignore', stderr: 'inherit', env: { DEBIAN_FRONTEND: 'noninteractive' } } as const;
  await execa('apt-get', ['update'], options);
  await execa('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], options);
}
