import { markdownTable } from 'markdown-table';
import { BASELINE } from './baseline.ts';
import { REVISIONS } from './requirements.ts';
import type { Figure, Verdict } from './verdict.ts';

const figure = ({ passed, of }: Figure) => `${passed}/${of}`;

/** One line a target: how many scenarios pass, of how many. */
export function matrix(verdicts: readonly Verdict[]): string {
  const targets = [...new Set(verdicts.map(({ target }) => target))];
  const headings = ['target', ...REVISIONS.flatMap((revision) => [revision, 'unscored']), 'tasks-*', 'warnings'];
  const rows = targets.map((target) => {
    const own = REVISIONS.flatMap((revision) =>
      verdicts.filter((verdict) => verdict.target === target && verdict.revision === revision),
    );
    const tasks = own.filter(({ tasks }) => tasks.of > 0).map(({ tasks }) => figure(tasks));
    const warnings = own.reduce((sum, verdict) => sum + verdict.warnings, 0);
    return [
      target,
      ...own.flatMap(({ scored, others }) => [figure(scored), figure(others)]),
      ...tasks,
      String(warnings),
    ];
  });
  return markdownTable([headings, ...rows]);
}

/** The page on what the suite found, in Markdown. */
export function conformancePage(verdicts: readonly Verdict[]): string {
  const entries = BASELINE.map(({ revision, scenario, targets, reason }) => [
    revision,
    scenario,
    targets?.join(', ') ?? 'every target',
    reason,
  ]);
  return `${[
    '<!-- Written by `npx -y pnpm@12.18.0 conformance`. -->',
    '# The official conformance suite, target by target',
    `Scenarios of \`@modelcontextprotocol/conformance\` that pass, of those that the suite runs for a revision: what it scores,
what it runs unscored, and its scenarios of the tasks extension. Every app serves the suite's fixtures from its own entry
point, on its real runtime or on the emulator that its README describes. A warning is a recommendation not followed.`,
    matrix(verdicts),
    '## What passes unchecked',
    'The suite skips these, or asks for something that is not there (a session) and warns.',
    markdownTable([['revision', 'scenario', 'where'], ...unchecked(verdicts)]),
    '## What does not pass',
    'Each is run all the same: one that passes fails the run, until its entry is taken out.',
    markdownTable([['revision', 'scenario', 'where', 'because'], ...entries]),
  ].join('\n\n')}\n`;
}

function unchecked(verdicts: readonly Verdict[]): string[][] {
  return REVISIONS.flatMap((revision) => {
    const own = verdicts.filter((verdict) => verdict.revision === revision);
    return [...new Set(own.flatMap((verdict) => verdict.unchecked))].sort().map((scenario) => {
      const where = own.filter((verdict) => verdict.unchecked.includes(scenario)).map(({ target }) => target);
      return [revision, scenario, where.length === own.length ? 'every target' : where.join(', ')];
    });
  });
}
