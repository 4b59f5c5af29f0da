import { execa } from 'execa';
import type { Command } from '../apps/app.ts';

/** What an image is made of beneath the app: the BASE of infra/docker/Dockerfile. */
export const BASES = ['slim', 'scratch'] as const;
export type Base = (typeof BASES)[number];

/** What builds images and runs containers on this machine. */
export interface ContainerEngine {
  /** e.g. `podman 4.3.1, buildah 1.28.2` */
  readonly name: string;
  /** Whether it holds a container to its memory limit. */
  readonly limitsMemory: boolean;
  /** Flags that every `run` needs on this machine. */
  readonly runFlags: readonly string[];
  /** A command of its command line. */
  command(args: readonly string[]): Command;
  /** Builds infra/docker/Dockerfile as it is, and shows what that prints. */
  build(base: Base): Promise<void>;
}

/** The name of a built image. */
export function imageOf(base: Base): string {
  return `localhost/mcp-everywhere-test:${base}`;
}

/** Runs a command of an engine to its end, and returns what it printed. */
export async function output(engine: Pick<ContainerEngine, 'command'>, ...args: readonly string[]): Promise<string> {
  const { file, args: all, cwd, env } = engine.command(args);
  return (await execa(file, all, { cwd, env, extendEnv: false })).stdout;
}
