import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import type { App, Command } from '../../src/apps/app.ts';
import { bunApp } from '../../src/apps/bun.ts';
import { cloudflareApp } from '../../src/apps/cloudflare.ts';
import { denoApp } from '../../src/apps/deno.ts';
import { nodeApp } from '../../src/apps/node.ts';
import { environmentWith } from '../../src/apps/workspace.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { CALL, type ColdLane, type ColdStart, hello } from './cold-lane.ts';
import { firstAnswer } from './first-answer.ts';

/**
 * The targets that are a process which listens by itself.
 *
 * @param directory an empty one, for what they keep
 */
export function processLanes(directory: string): Readonly<Record<'node' | 'bun' | 'deno' | 'cloudflare', ColdLane>> {
  const stateDirectory = () => mkdtemp(join(directory, 'state-'));
  const started =
    (command: (port: number) => Command | Promise<Command>): ColdStart =>
    async () => {
      const port = await getPort({ host: LOOPBACK, reserve: true });
      return firstAnswer(await command(port), `http://${LOOPBACK}:${port}/mcp`, CALL);
    };
  /** The app's built bundle, started as its launcher starts the sources. */
  const bundle = (app: App, file: string) =>
    started(async (port) => {
      const command = await app.command({ port, stateDirectory: await stateDirectory(), settings: {} });
      return { ...command, args: command.args.map((arg) => (arg === 'src/main.ts' ? file : arg)) };
    });
  const program = (app: App, args: readonly string[]) =>
    started((port) => ({
      file: app.version.file,
      args,
      cwd: directory,
      env: environmentWith({ PORT: String(port) }),
    }));
  const worker = (directoryOf: () => Promise<string>) =>
    started(async (port) => ({
      ...(await cloudflareApp.command({ port, stateDirectory: await stateDirectory(), settings: {} })),
      cwd: await directoryOf(),
    }));
  /** A copy: wrangler leaves its bundles beside the configuration. */
  const helloWorker = async () => {
    const copy = await stateDirectory();
    await cp(hello('cloudflare'), copy, { recursive: true });
    return copy;
  };

  return {
    node: {
      target: 'node',
      onNode: true,
      ours: bundle(nodeApp, 'dist/main.mjs'),
      bare: program(nodeApp, [hello('node.mjs')]),
    },
    bun: {
      target: 'bun',
      onNode: false,
      ours: bundle(bunApp, 'dist/main.js'),
      bare: program(bunApp, [hello('bun.mjs')]),
    },
    deno: {
      target: 'deno',
      onNode: false,
      ours: bundle(denoApp, 'dist/main.mjs'),
      bare: program(denoApp, ['run', '--no-prompt', '--allow-net', '--allow-env=PORT', hello('deno.mjs')]),
    },
    cloudflare: {
      target: 'cloudflare',
      onNode: false,
      ours: worker(async () => cloudflareApp.version.cwd),
      bare: worker(helloWorker),
    },
  };
}
