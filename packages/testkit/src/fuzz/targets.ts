import getPort from 'get-port';
import type { App, Command } from '../apps/app.ts';
import { cloudflareApp } from '../apps/cloudflare.ts';
import { nodeApp } from '../apps/node.ts';
import { LOOPBACK } from '../launch/port.ts';
import type { LaunchedApp } from '../launch.ts';
import { heapBytes } from './inspected-heap.ts';

/** An app that is fuzzed. */
export interface FuzzTarget {
  readonly app: App;
  /** What a launched one holds once its garbage is collected, in bytes. */
  heapBytes(instance: LaunchedApp): Promise<number>;
  /** What that may grow by, in bytes: a leak of 1 KB a message is 16 MB. */
  readonly mayGrowBy: number;
}

const INSPECTOR_PORT = /--inspect(?:or-port)?=(?:[\d.]+:)?(?<port>\d+)/;

/**
 * Not measured by what is resident: that breathes by tens of megabytes, as garbage is collected when the runtime likes, and of
 * each Durable Object the local workerd keeps some 75 KB of SQLite as long as its alarm is due.
 */
function inspected(app: App, mayGrowBy: number, withInspector: (command: Command) => Promise<Command>): FuzzTarget {
  let inspectorPort = Number.NaN;
  return {
    app: {
      ...app,
      async command(placement) {
        const command = await withInspector(await app.command(placement));
        inspectorPort = Number(INSPECTOR_PORT.exec(command.args.join(' '))?.groups?.port);
        return command;
      },
    },
    heapBytes: ({ url }) => heapBytes(inspectorPort, url),
    mayGrowBy,
  };
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  inspected(nodeApp, 5_000_000, async (command) => ({
    ...command,
    args: [`--inspect=${LOOPBACK}:${await getPort({ host: LOOPBACK, reserve: true })}`, ...command.args],
  })),
  // wrangler brings the inspector of its own accord.
  inspected(cloudflareApp, 4_000_000, async (command) => command),
];
