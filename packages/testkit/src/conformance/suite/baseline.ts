import type { Target } from '@mcp-everywhere/platform';
import type { Revision } from './requirements.ts';

/** A scenario that does not pass, and why. One that the results do not bear out fails the run as stale. */
export interface BaselineEntry {
  readonly revision: Revision;
  readonly scenario: string;
  /** `fails`: it counts as one that did not pass. `skipped`: none of its checks runs, and it does not count at all. */
  readonly kind: 'fails' | 'skipped';
  /** Where that is so; everywhere, if not said. */
  readonly targets?: readonly Target[];
  readonly reason: string;
  /** The page of the platform, or of the suite, that says so. */
  readonly documentation: string;
}

/** Every scenario that does not pass. */
export const BASELINE: readonly BaselineEntry[] = [
  {
    revision: '2026-07-28',
    scenario: 'tasks-status-notifications',
    kind: 'skipped',
    reason:
      'The suite skips it on every server until it reads `notifications/tasks` where the revision sends them, on `subscriptions/listen`.',
    documentation: 'https://github.com/modelcontextprotocol/conformance/pull/262',
  },
];
