import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const NPMRC = '/root/.npmrc';
/** Debian's slim images have none of their own. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const STORE = '/root/.local/share/pnpm/store';

/** Where what is this machine's is during the build, and in no image. */
export const BUILD_MOUNTS: readonly string[] = [NPMRC, CERTIFICATES, STORE];

/** Flags for a build. Disposing of them removes what was made for it. */
export interface BuildVolumes extends AsyncDisposable {
  readonly flags: readonly string[];
}

/**
 * What this machine knows about registries, for the time of a build: the user's npm settings, the certificates Node is told
 * to trust, and the packages it already has, so that a build downloads none of them again. Nothing of it gets into an image.
 */
export async function buildVolumes(): Promise<BuildVolumes> {
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-build-'));
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  const npmrc = join(directory, 'npmrc');
  // It may hold tokens.
  await writeFile(npmrc, await npmSettings(certificates), { mode: 0o600 });
  const store = await pnpmStore();
  return {
    flags: [
      `--volume=${npmrc}:${NPMRC}:ro`,
      ...(certificates === undefined ? [] : [`--volume=${certificates}:${CERTIFICATES}:ro`]),
      ...(store === undefined ? [] : [`--volume=${store}:${STORE}`]),
    ],
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true });
    },
  };
}

async function npmSettings(certificates: string | undefined): Promise<string> {
  const own = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '');
  return certificates === undefined ? own : `${own}\ncafile=${CERTIFICATES}\n`;
}

/** The directory of pnpm's stores, of all their versions. */
async function pnpmStore(): Promise<string | undefined> {
  const { failed, stdout } = await execa('pnpm', ['store', 'path'], { reject: false });
  if (failed) return undefined;
  const store = dirname(stdout.trim());
  return access(store).then(
    () => store,
    () => undefined,
  );
}
