import type { Target } from '@mcp-everywhere/platform';
import type { Revision } from './requirements.ts';

/** What the suite is run against: a line of the matrix. */
export interface Subject {
  /** As the command takes it, and the matrix shows it. */
  readonly name: string;
  /** What the baseline says of this target, it says of the subject. */
  readonly target: Target;
  readonly revisions: readonly Revision[];
  /** Starts it, ready for scenarios that give a server no more than half a second. */
  start(): Promise<Served>;
}

/** A subject that runs. */
interface Served {
  /** e.g. `http://127.0.0.1:49152` */
  readonly url: string;
  stop(): Promise<void>;
}

/** With what every app is launched. */
export const SETTINGS = { MCP_SESSIONS: 'on' };
