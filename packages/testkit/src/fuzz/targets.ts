import type { App } from '../apps/app.ts';
import { cloudflareApp } from '../apps/cloudflare.ts';
import { nodeApp } from '../apps/node.ts';
import type { LaunchedApp } from '../launch.ts';
import { isolateBytes } from './isolate-heap.ts';

/** An app that is fuzzed. */
export interface FuzzTarget {
  readonly app: App;
  readonly memory: {
    /** What is measured, in a few words. */
    readonly of: string;
    /** How much of it a launched app holds, in bytes. */
    bytes(instance: LaunchedApp): Promise<number>;
    /** What it may grow by, in bytes: what one that leaks nothing breathes by. */
    readonly mayGrowBy: number;
  };
}

/**
 * Not what workerd has resident: of each Durable Object, of which there is one a stored value, the local one keeps some 75 KB
 * of SQLite as long as its alarm is due; and it collects garbage when it likes.
 */
function inspectedCloudflare(): FuzzTarget {
  let inspectorPort = Number.NaN;
  return {
    app: {
      ...cloudflareApp,
      async command(placement) {
        const command = await cloudflareApp.command(placement);
        inspectorPort = Number(/--inspector-port=(\d+)/.exec(command.args.join(' '))?.[1]);
        return command;
      },
    },
    memory: {
      of: 'heap of the isolate',
      bytes: ({ url }) => isolateBytes(inspectorPort, url),
      mayGrowBy: 10_000_000,
    },
  };
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    app: nodeApp,
    memory: { of: 'resident', bytes: (instance) => instance.residentBytes(), mayGrowBy: 50_000_000 },
  },
  inspectedCloudflare(),
];
