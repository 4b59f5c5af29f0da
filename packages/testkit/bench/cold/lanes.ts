import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '@mcp-everywhere/platform';
import getPort from 'get-port';
import type { App, Command } from '../../src/apps/app.ts';
import { bunApp } from '../../src/apps/bun.ts';
import { cloudflareApp } from '../../src/apps/cloudflare.ts';
import { denoApp } from '../../src/apps/deno.ts';
import { builtLambda } from '../../src/apps/lambda.ts';
import { nodeApp } from '../../src/apps/node.ts';
import { environmentWith } from '../../src/apps/workspace.ts';
import { modern } from '../../src/clients/wire.ts';
import { startEnvironment } from '../../src/lambda/environment.ts';
import { eventOf } from '../../src/lambda/events.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { KNOWN_RECORD } from '../../src/suite/catalogue-facts.ts';
import { firstAnswer } from './first-answer.ts';

/** One cold start: milliseconds from the start of the process to the first answer. */
type ColdStart = () => Promise<number>;

/** A target, and beside it a handler that does nothing, on the same local runtime. */
export interface ColdLane {
  readonly target: Target;
  /** Whether the runtime is Node, where the goal holds. */
  readonly onNode: boolean;
  readonly ours: ColdStart;
  readonly bare: ColdStart;
}

const CALL = modern('tools/call', { name: 'lookup_record', arguments: { id: KNOWN_RECORD } }, { id: 1 });

const hello = (file: string) => fileURLToPath(new URL(`hello/${file}`, import.meta.url));

/** @param directory an empty one, for what the apps keep */
export function coldLanes(directory: string): readonly ColdLane[] {
  const stateDirectory = () => mkdtemp(join(directory, 'state-'));
  const started = (command: (port: number) => Command | Promise<Command>) => async () => {
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
  const lambda = (functionDirectory: () => Promise<string>) => async () => {
    const settings = {
      directory: await functionDirectory(),
      handler: 'index.handler',
      timeoutSeconds: 30,
      // The call needs no table.
      environment: environmentWith({ STATE_TABLE: 'state', DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' }),
    };
    const start = performance.now();
    const environment = await startEnvironment(settings);
    if ('kind' in environment) throw new Error(`The function did not start: ${JSON.stringify(environment)}`);
    const { reply } = environment.invoke(
      eventOf('http-api', {
        method: 'POST',
        target: '/mcp',
        headers: Object.entries({ host: LOOPBACK, ...CALL.headers }),
        body: new TextEncoder().encode(CALL.body),
      }),
    );
    const answer = JSON.stringify(await reply);
    const ms = performance.now() - start;
    await environment.kill();
    if (!answer.includes('"statusCode":200')) throw new Error(`The function did not answer: ${answer}`);
    return ms;
  };

  return [
    {
      target: 'node',
      onNode: true,
      ours: bundle(nodeApp, 'dist/main.mjs'),
      bare: program(nodeApp, [hello('node.mjs')]),
    },
    { target: 'bun', onNode: false, ours: bundle(bunApp, 'dist/main.js'), bare: program(bunApp, [hello('bun.mjs')]) },
    {
      target: 'deno',
      onNode: false,
      ours: bundle(denoApp, 'dist/main.mjs'),
      bare: program(denoApp, ['run', '--no-prompt', '--allow-net', '--allow-env=PORT', hello('deno.mjs')]),
    },
    {
      target: 'cloudflare',
      onNode: false,
      ours: worker(async () => cloudflareApp.version.cwd),
      bare: worker(helloWorker),
    },
    { target: 'lambda', onNode: true, ours: lambda(builtLambda), bare: lambda(async () => hello('lambda')) },
  ];
}
