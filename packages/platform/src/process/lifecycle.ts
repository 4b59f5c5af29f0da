import process from 'node:process';

/** How long running requests may take after the signal. Container platforms kill after 10 s (Docker) to 30 s (Kubernetes). */
const GRACE_MS = 9_000;

/** What a process does to end well. */
export interface Shutdown {
  /** Takes no new request, and resolves when the running ones have been answered. */
  drain(): Promise<void>;
  /** How long `drain` may take, in milliseconds, where the platform gives less than most. */
  readonly graceMs?: number;
  /** Ends what is still open and closes the engines; runs after `drain`, or when the grace period is over. */
  close(): Promise<void>;
}

/**
 * Ends the process on SIGTERM or SIGINT: running requests are finished, then it exits with 0. A second signal ends it at
 * once with 1.
 */
export function exitOnSignal({ drain, close, graceMs = GRACE_MS }: Shutdown): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    const grace = new Promise<void>((resolve) => setTimeout(resolve, graceMs));
    await Promise.race([drain(), grace]);
    await close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}

/**
 * The same for a process that serves standard input: its end is the client's, and ends what else would keep the process.
 */
export function exitWithInput({ close, ...shutdown }: Shutdown): void {
  let open = true;
  const closeOnce = async () => {
    if (!open) return;
    open = false;
    await close();
  };
  // A file ends and does not close.
  for (const gone of ['end', 'close']) process.stdin.once(gone, closeOnce);
  exitOnSignal({ ...shutdown, close: closeOnce });
}

/**
 * Runs the start of a process; what goes wrong there is for whoever started it: one message, no stack, exit code 1.
 *
 * @param start its rejection's message says what to do
 */
export async function startProcess(start: () => void | Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** An error that says what to do about a port that is taken; every other stays as it is. */
export function explainListenError(error: unknown, host: string, port: number): unknown {
  const taken =
    error instanceof Error && (('code' in error && error.code === 'EADDRINUSE') || error.name === 'AddrInUse');
  return taken ? new Error(`Port ${port} on ${host} is taken. Choose another: PORT=8081`, { cause: error }) : error;
}
