import type { Target } from '@mcp-everywhere/platform';
import type { Revision } from './requirements.ts';

/** A scenario that fails, and why. One that passes, or is not run any more, fails the run as stale. */
export interface BaselineEntry {
  readonly revision: Revision;
  readonly scenario: string;
  /** Where it fails; everywhere, if not said. */
  readonly targets?: readonly Target[];
  readonly reason: string;
}

/** Every scenario that does not pass. */
export const BASELINE: readonly BaselineEntry[] = [];
