import type { Runtime, Target } from '@mcp-everywhere/platform';

/** Where a launch puts an app, and how it sets it up. */
export interface Placement {
  readonly port: number;
  /** An existing directory that is the app's to keep its state in. */
  readonly stateDirectory: string;
  /** Environment variables, by the names the server and the tools declare. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A program as it is started, with its whole environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * Ends at once, as SIGKILL would, what the program only stands for: an engine's containers are no children of whoever
   * runs them. The program then ends by itself, when it has handed on all that was written.
   */
  readonly kill?: Command;
}

/** One of the apps, as the launcher and the suite know it. */
export interface App {
  /** The target, as `runtime_info` names it. */
  readonly name: Target;
  /** The runtime, as it names itself in `runtime_info`. */
  readonly runtime: Runtime['name'];
  /** The engine of its state, as `runtime_info` names it. */
  readonly stateKind: string;
  /** What delivers its jobs, as its log names it. */
  readonly queue: string;
  /** Whether what stands in for its queue ends with the launch: then a job that was queued goes on when somebody asks for it. */
  readonly queueEndsWithLaunch?: true;
  /** Prints the version of the very binary that runs the app. */
  readonly version: Command;
  /** Whether SIGTERM ends it with exit code 0. */
  readonly exitsCleanly: boolean;
  /** What the runtime itself writes to standard error, among the lines of the server's log. */
  readonly runtimeNotice?: RegExp;
  /** Builds what is launched, where that is not its sources. */
  readonly build?: () => Promise<unknown>;
  command(placement: Placement): Command | Promise<Command>;
  /** Ends what stands in for other machines, which outlives every launch in a directory, and keeps this process from ending. */
  release?(stateDirectory: string): Promise<void>;
}
