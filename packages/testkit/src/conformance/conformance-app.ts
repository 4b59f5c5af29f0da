import { fileURLToPath } from 'node:url';
import type { App, Command } from '../apps/app.ts';
import { azureApp } from '../apps/azure.ts';
import { bunApp } from '../apps/bun.ts';
import { cloudflareApp } from '../apps/cloudflare.ts';
import { denoApp } from '../apps/deno.ts';
import { lambdaApp } from '../apps/lambda.ts';
import { netlifyApp } from '../apps/netlify.ts';
import { nodeApp } from '../apps/node.ts';
import { vercelApp } from '../apps/vercel.ts';
import { copied } from './copied-app.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Has an app serve the suite's surface: its own entry point, in which one import is resolved to another module. */
function swapped(app: App, swap: (args: readonly string[]) => readonly string[]): App {
  const command = async (placement: Parameters<App['command']>[0]): Promise<Command> => {
    const original = await app.command(placement);
    return { ...original, args: swap(original.args) };
  };
  return { ...app, command };
}

/**
 * The apps, each on its real runtime, serving the fixtures of the official conformance suite in the place of the catalogue.
 * No app knows of it, so no bundle can hold the fixtures.
 */
export const CONFORMANCE_APPS: readonly App[] = [
  swapped(nodeApp, (args) => ['--import', file('served/node.ts'), ...args]),
  swapped(bunApp, (args) => [`--tsconfig-override=${file('served/paths.json')}`, ...args]),
  swapped(denoApp, ([run = 'run', ...args]) => [run, `--import-map=${file('served/deno.json')}`, ...args]),
  swapped(cloudflareApp, (args) => [...args, `--tsconfig=${file('served/paths.json')}`]),
  copied(netlifyApp),
  copied(azureApp),
  copied(lambdaApp),
  copied(vercelApp),
];
