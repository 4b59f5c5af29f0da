import { BASELINE, type BaselineEntry } from './baseline.ts';
import { type Requirements, type Revision, requirementsOf } from './requirements.ts';
import type { Check, Results } from './run-suite.ts';
import type { Subject } from './subject.ts';

/** How many of a group of scenarios passed. */
export interface Figure {
  readonly passed: number;
  readonly of: number;
}

/** What came of the suite for one subject and revision. */
export interface Verdict {
  readonly subject: string;
  readonly revision: Revision;
  readonly scored: Figure;
  readonly tasks: Figure;
  /** What else is run unscored. */
  readonly others: Figure;
  /** Checks of what the specification recommends, and does not demand; here they are demanded. */
  readonly warnings: number;
  /** Scenarios that pass because the suite found nothing to check, or skips them. */
  readonly unchecked: readonly string[];
  /** What is not as the baseline has it, a line each. */
  readonly problems: readonly string[];
}

/** Holds results to the suite's own list and to the baseline. */
export async function verdictOn(
  { name, target }: Pick<Subject, 'name' | 'target'>,
  revision: Revision,
  results: Results,
  baseline: readonly BaselineEntry[] = BASELINE,
): Promise<Verdict> {
  const required = await requirementsOf(revision);
  const entries = baseline.filter(
    (entry) => entry.revision === revision && (entry.targets === undefined || entry.targets.includes(target)),
  );
  const isTask = (scenario: string) => scenario.startsWith('tasks-');
  const figure = (scenarios: readonly string[]): Figure => ({
    passed: scenarios.filter((scenario) => failures(results.get(scenario))?.length === 0).length,
    of: scenarios.length,
  });
  return {
    subject: name,
    revision,
    scored: figure(required.scored),
    tasks: figure(required.unscored.filter(isTask)),
    others: figure(required.unscored.filter((scenario) => !isTask(scenario))),
    warnings: [...results.values()].flat().filter(({ status }) => status === 'WARNING').length,
    unchecked: [...results].filter(([, checks]) => !checks.some(tells)).map(([scenario]) => scenario),
    problems: [...unexpected(required, results, entries), ...stale(results, entries)].map(
      (problem) => `${name}, ${revision}: ${problem}`,
    ),
  };
}

/** Whether a check says something of its scenario: that the messages had a valid form is checked of every one. */
function tells({ id, status }: Check): boolean {
  return status === 'FAILURE' || (status === 'SUCCESS' && id !== 'wire-schema-valid');
}

function failures(checks: readonly Check[] | undefined): readonly Check[] | undefined {
  return checks?.filter(({ status }) => status === 'FAILURE');
}

function unexpected({ scored, unscored }: Requirements, results: Results, entries: readonly BaselineEntry[]): string[] {
  return [...scored, ...unscored].flatMap((scenario) => {
    const checks = results.get(scenario);
    if (checks === undefined) return [`${scenario} did not run to its end`];
    if (entries.some((entry) => entry.scenario === scenario)) return [];
    return checks.flatMap(({ id, status, errorMessage }) => {
      if (status !== 'FAILURE' && status !== 'WARNING') return [];
      return [`${scenario} ${status === 'FAILURE' ? 'fails' : 'warns'}: ${id}: ${errorMessage}`];
    });
  });
}

function stale(results: Results, entries: readonly BaselineEntry[]): string[] {
  return entries
    .filter(({ scenario }) => !failures(results.get(scenario))?.length)
    .map(({ scenario }) => `${scenario} does not fail any more: take it out of baseline.ts`);
}
