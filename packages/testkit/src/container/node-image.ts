import { execa } from 'execa';
import type { Command } from '../apps/app.ts';

/** What infra/docker/Dockerfile begins with. */
const NODE_IMAGE = 'docker.io/library/node:24-bookworm-slim';
/** On the image that stands in for it: the version of Node in it. */
const STAND_IN = 'mcp-everywhere.stand-in';
const NPM = 'npm@11.19.1';
const PULL_WITHIN_MS = 120_000;

type PodmanCommand = (args: readonly string[]) => Command;

/**
 * Sees to it that the image the Dockerfile begins with is there: pulled, or made of Debian's packages and the Node that
 * runs this where Docker Hub is out of reach. It says which.
 */
export async function ensureNodeImage(podman: PodmanCommand): Promise<void> {
  if (await isThere(podman)) return;
  process.stdout.write(`Pulling ${NODE_IMAGE} …\n`);
  const { file, args } = podman(['pull', '--quiet', NODE_IMAGE]);
  const pulled = await execa(file, args, { reject: false, timeout: PULL_WITHIN_MS });
  if (!pulled.failed) return;
  process.stdout.write(
    `Docker Hub is out of reach. In its place: Debian bookworm by mmdebstrap, Node ${process.versions.node} and ${NPM}.\n`,
  );
  await makeStandIn(podman);
}

/** A stand-in with another Node than this one is none. */
async function isThere(podman: PodmanCommand): Promise<boolean> {
  const { file, args } = podman(['image', 'inspect', '--format', `{{index .Labels "${STAND_IN}"}}`, NODE_IMAGE]);
  const { failed, stdout } = await execa(file, args, { reject: false });
  return !failed && (stdout === '' || stdout === process.versions.node);
}

/** As the official image is made: Debian without what its slim images leave out, Node and npm below /usr/local. */
async function makeStandIn(podman: PodmanCommand): Promise<void> {
  if (!process.versions.node.startsWith('24.')) {
    throw new Error(`${NODE_IMAGE} cannot be made with Node ${process.versions.node}: run this on Node 24.`);
  }
  const { file, args } = podman(['import', '--change', `LABEL ${STAND_IN}=${process.versions.node}`, '-', NODE_IMAGE]);
  await execa(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=apt',
      ...['man', 'doc', 'locale'].map((left) => `--dpkgopt=path-exclude=/usr/share/${left}/*`),
      `--customize-hook=copy-in ${process.execPath} /usr/local/bin`,
      `--customize-hook=npm install --silent --global --prefix "$1/usr/local" ${NPM}`,
      'bookworm',
      '-',
    ],
    { encoding: 'buffer', buffer: false, stderr: 'inherit' },
  ).pipe(file, args);
}
