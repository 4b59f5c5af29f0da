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

const everywhere = (revision: Revision, reason: string, scenarios: readonly string[]): BaselineEntry[] =>
  scenarios.map((scenario) => ({ revision, scenario, reason }));

/** Every scenario that does not pass. */
export const BASELINE: readonly BaselineEntry[] = [
  ...everywhere('2025-11-25', 'There are no 2025-era sessions yet, so nothing can be asked of a client.', [
    'tools-call-sampling',
    'tools-call-elicitation',
    'elicitation-sep1034-defaults',
    'elicitation-sep1330-enums',
  ]),
  ...everywhere('2025-11-25', 'There are no 2025-era sessions yet, so a subscription has nowhere to live.', [
    'resources-subscribe',
    'resources-unsubscribe',
  ]),
];
