import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import type { App, Placement } from './apps/app.ts';
import { LOOPBACK, portReleased, refuseBusyPort } from './launch/port.ts';
import { type Exit, type ProcessGroup, startGroup, within } from './launch/process-group.ts';

/** wrangler bundles the Worker first, which takes 2 s on an idle machine; two lanes at once share two cores. */
const READY_WITHIN_MS = 60_000;
/** The apps give running requests 9 s. */
const DEFAULT_EXIT_WITHIN_MS = 12_000;
const PORT_RELEASED_WITHIN_MS = 5_000;
/** How much of the output an error shows. */
const TAIL_CHARACTERS = 4_000;

/** Where to launch an app; a free port is chosen where none is given. */
export interface LaunchOptions
  extends Pick<Placement, 'stateDirectory'>,
    Partial<Pick<Placement, 'port' | 'settings'>> {
  /** How long it may take to end after SIGTERM. */
  readonly exitWithinMs?: number;
}

/** An app that runs, as a process group of its own. */
export interface LaunchedApp {
  readonly app: App;
  /** e.g. `http://127.0.0.1:49152` */
  readonly url: string;
  readonly port: number;
  /** What it wrote since its last start. */
  output(): string;
  /** What it wrote to standard error since its last start: its log. */
  log(): string;
  /** The memory that its processes have resident together, in bytes. Not on Windows. */
  residentBytes(): Promise<number>;
  /**
   * Ends it with SIGTERM and waits until it is gone, with all it started, and its port free.
   * @throws {Error} with its output, where it does not exit with 0 or not in time; it is killed then
   */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, as a crash or a lost machine would. */
  kill(): Promise<void>;
  /** Starts it again, ending it where it runs, with the same port, state and settings. */
  restart(): Promise<void>;
}

/**
 * Launches an app for real and waits until `/healthz` answers.
 *
 * @throws {Error} where the port is taken, or the app ends or does not get ready within a minute; with its output
 *
 * @example
 * const launched = await launch(nodeApp, { stateDirectory: await mkdtemp(join(tmpdir(), 'state-')) });
 * await fetch(`${launched.url}/mcp`, …);
 * await launched.stop();
 */
export async function launch(app: App, options: LaunchOptions): Promise<LaunchedApp> {
  const { port: given, settings = {}, stateDirectory, exitWithinMs = DEFAULT_EXIT_WITHIN_MS } = options;
  const port = given ?? (await getPort({ host: LOOPBACK, reserve: true }));
  const url = `http://${LOOPBACK}:${port}`;
  const start = async (): Promise<ProcessGroup> => {
    await refuseBusyPort(port);
    await app.build?.();
    const group = await startGroup(await app.command({ port, stateDirectory, settings }));
    try {
      await ready(app, url, group);
      return group;
    } catch (error) {
      await group.signal('SIGKILL');
      throw error;
    }
  };
  let group = await start();
  let running = true;

  const ended = async () => {
    await group.signal('SIGKILL');
    running = false;
    await portReleased(port, PORT_RELEASED_WITHIN_MS);
  };
  const stop = async () => {
    if (!running) return;
    await group.signal('SIGTERM');
    const exit = await within(exitWithinMs, group.exited);
    await ended();
    if (exit === undefined)
      throw new Error(`${app.name} did not end within ${exitWithinMs} ms of SIGTERM.${tail(group)}`);
    if (app.exitsCleanly && process.platform !== 'win32' && exit.code !== 0) {
      throw new Error(`${app.name} ended with ${describe(exit)} on SIGTERM, not with exit code 0.${tail(group)}`);
    }
  };
  return {
    app,
    url,
    port,
    output: () => group.output(),
    log: () => group.log(),
    residentBytes: () => group.residentBytes(),
    stop,
    kill: ended,
    async restart() {
      await stop();
      group = await start();
      running = true;
    },
  };
}

/**
 * Starts an app where it is expected to refuse (a port that is taken), and waits for its end.
 *
 * @returns the exit code and the output
 * @throws {Error} where it still runs after a minute; it is killed then
 */
export async function launchToFail(
  app: App,
  placement: Placement,
): Promise<{ readonly code: number | null; readonly output: string }> {
  await app.build?.();
  const group = await startGroup(await app.command(placement));
  const exit = await within(READY_WITHIN_MS, group.exited);
  await group.signal('SIGKILL');
  if (exit === undefined) throw new Error(`${app.name} was expected to refuse to start, and runs.${tail(group)}`);
  return { code: exit.code, output: group.output() };
}

async function ready(app: App, url: string, group: ProcessGroup): Promise<void> {
  let exit: Exit | undefined;
  void group.exited.then((how) => {
    exit = how;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const target = await targetAt(url);
    if (exit !== undefined)
      throw new Error(`${app.name} ended with ${describe(exit)} before it was ready.${tail(group)}`);
    if (target === app.name) return;
    if (target !== undefined) throw new Error(`${url} is answered by "${target}", not by "${app.name}".${tail(group)}`);
    await delay(25);
  }
  throw new Error(`${app.name} was not ready within ${READY_WITHIN_MS} ms.${tail(group)}`);
}

/** The target that answers at a URL, or `undefined` where none does yet. */
async function targetAt(url: string): Promise<unknown> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    if (!response.ok) return undefined;
    const health: unknown = await response.json();
    return typeof health === 'object' && health !== null && 'target' in health ? health.target : undefined;
  } catch {
    return undefined;
  }
}

function describe({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function tail(group: ProcessGroup): string {
  const output = group.output().slice(-TAIL_CHARACTERS).trim();
  return output === '' ? ' It wrote nothing.' : ` Its last output:\n${output}`;
}
