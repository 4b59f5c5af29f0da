import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { environmentWith, workspaceRoot } from '../apps/workspace.ts';
import { type Base, type ContainerEngine, imageOf } from './engine.ts';

/** Where the engine is. */
const VARIABLES = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'];

/**
 * The Docker engine, or `undefined` where none answers; the client alone is none.
 *
 * @throws {Error} where it runs containers in a virtual machine
 */
export async function findDocker(): Promise<ContainerEngine | undefined> {
  const format = '{{.ServerVersion}} {{.MemoryLimit}} {{.OperatingSystem}}';
  const { failed, stdout } = await execa('docker', ['info', '--format', format], { reject: false, timeout: 20_000 });
  if (failed) return undefined;
  const [version, limitsMemory, ...system] = stdout.split(' ');
  refuseVirtualMachine(system.join(' '));
  return {
    name: `docker ${version}`,
    limitsMemory: limitsMemory === 'true',
    runFlags: [],
    command: (args) => ({ file: 'docker', args, cwd: tmpdir(), env: environment() }),
    async build(base) {
      await execa('docker', buildArgs(base), { cwd: workspaceRoot, stdout: 'inherit', stderr: 'inherit' });
    },
  };
}

/**
 * Makes sure that containers can share the network of this machine, which is how the suite and they reach each other.
 *
 * @param system the engine's `OperatingSystem`
 * @throws {Error} where they would share a virtual machine's
 */
export function refuseVirtualMachine(system: string): void {
  if (system === 'Docker Desktop') {
    throw new Error(
      'Docker Desktop runs containers in a virtual machine, whose network is not that of this machine: the suite would not ' +
        'reach them. Run this on Linux with Docker Engine; `docker context ls` shows whether there is one beside it.',
    );
  }
}

function buildArgs(base: Base): string[] {
  return ['build', '--file', 'infra/docker/Dockerfile', '--build-arg', `BASE=${base}`, '--tag', imageOf(base), '.'];
}

function environment(): Record<string, string> {
  const set = VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return environmentWith(Object.fromEntries(set));
}
