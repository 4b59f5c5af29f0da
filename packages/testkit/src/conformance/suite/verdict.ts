import { BASELINE, type BaselineEntry } from './baseline.ts';
import { type Revision, requirementsOf } from './requirements.ts';
import type { Check, Results } from './run-suite.ts';
import type { Subject } from './subject.ts';

/** How many of a group of scenarios passed: something of each was checked, and nothing of it failed. */
export interface Figure {
  readonly passed: number;
  /** All but those that are skipped as the baseline has it. */
  readonly of: number;
  readonly skipped: number;
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
  const { scored, unscored } = await requirementsOf(revision);
  const entries = baseline.filter(
    (entry) => entry.revision === revision && (entry.targets === undefined || entry.targets.includes(target)),
  );
  const outcome = (scenario: string) => outcomeOf(results.get(scenario));
  const entryOf = (scenario: string) => entries.find((entry) => entry.scenario === scenario);
  const isTask = (scenario: string) => scenario.startsWith('tasks-');
  const figure = (scenarios: readonly string[]): Figure => {
    const skipped = scenarios.filter(
      (scenario) => outcome(scenario) === 'skipped' && entryOf(scenario)?.kind === 'skipped',
    );
    return {
      passed: scenarios.filter((scenario) => outcome(scenario) === 'passes').length,
      of: scenarios.length - skipped.length,
      skipped: skipped.length,
    };
  };
  const problems = [
    ...[...scored, ...unscored].flatMap((scenario) => unexpected(scenario, results.get(scenario), entryOf(scenario))),
    ...entries
      .filter(({ scenario, kind }) => outcome(scenario) !== kind)
      .map(({ scenario, kind }) => `${scenario} ${NO_MORE[kind]} any more: take it out of baseline.ts`),
  ];
  return {
    subject: name,
    revision,
    scored: figure(scored),
    tasks: figure(unscored.filter(isTask)),
    others: figure(unscored.filter((scenario) => !isTask(scenario))),
    warnings: [...results.values()].flat().filter(({ status }) => status === 'WARNING').length,
    problems: problems.map((problem) => `${name}, ${revision}: ${problem}`),
  };
}

const NO_MORE = { fails: 'does not fail', skipped: 'is not skipped' } as const;

type Outcome = 'passes' | 'unseen' | BaselineEntry['kind'];

function outcomeOf(checks: readonly Check[] | undefined): Outcome {
  if (checks === undefined) return 'unseen';
  if (checks.some(({ status }) => status === 'FAILURE')) return 'fails';
  return checks.some(tells) ? 'passes' : 'skipped';
}

/** Whether a check says something of its scenario: that the messages had a valid form is checked of every one. */
function tells({ id, status }: Check): boolean {
  return (status === 'SUCCESS' || status === 'WARNING') && id !== 'wire-schema-valid';
}

function unexpected(
  scenario: string,
  checks: readonly Check[] | undefined,
  entry: BaselineEntry | undefined,
): readonly string[] {
  const outcome = outcomeOf(checks);
  if (checks === undefined) return [`${scenario} did not run to its end`];
  if (outcome === entry?.kind) return [];
  if (outcome === 'skipped') return [`${scenario} is skipped: no check of it ran`];
  return checks.flatMap(({ id, status, errorMessage }) => {
    if (status !== 'FAILURE' && status !== 'WARNING') return [];
    return [`${scenario} ${status === 'FAILURE' ? 'fails' : 'warns'}: ${id}: ${errorMessage}`];
  });
}
