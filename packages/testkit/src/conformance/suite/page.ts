import { markdownTable } from 'markdown-table';
import { BASELINE, type BaselineEntry } from './baseline.ts';
import { REVISIONS } from './requirements.ts';
import type { Figure, Verdict } from './verdict.ts';

const figure = ({ passed, of, skipped }: Figure) => `${passed}/${of}${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const NOT_RUN = '–';

/** One line a subject: how many scenarios pass, of how many. */
export function matrix(verdicts: readonly Verdict[]): string {
  const subjects = [...new Set(verdicts.map(({ subject }) => subject))];
  const headings = ['target', ...REVISIONS.flatMap((revision) => [revision, 'unscored']), 'tasks-*', 'warnings'];
  const rows = subjects.map((subject) => {
    const own = verdicts.filter((verdict) => verdict.subject === subject);
    const figures = REVISIONS.flatMap((revision) => {
      const verdict = own.find((one) => one.revision === revision);
      return verdict === undefined ? [NOT_RUN, NOT_RUN] : [figure(verdict.scored), figure(verdict.others)];
    });
    const tasks = own.find(({ tasks }) => tasks.of > 0)?.tasks;
    const warnings = own.reduce((sum, verdict) => sum + verdict.warnings, 0);
    return [subject, ...figures, tasks === undefined ? NOT_RUN : figure(tasks), String(warnings)];
  });
  return markdownTable([headings, ...rows]);
}

const WRITTEN = '<!-- Written by `npx -y pnpm@12.18.0 conformance`. -->';

/**
 * A text with the matrix in the place of the one that it holds: the first table after the note on who writes it.
 *
 * @throws {Error} where it holds none
 */
export function withMatrix(text: string, verdicts: readonly Verdict[]): string {
  const [before, after, ...more] = text.split(`${WRITTEN}\n\n`);
  const rest = after?.replace(/^(\|.*\n)+/, '');
  if (before === undefined || rest === undefined || rest === after || more.length > 0) {
    throw new Error(`There is to be one table below "${WRITTEN}".`);
  }
  return `${before}${WRITTEN}\n\n${matrix(verdicts)}\n${rest}`;
}

/** The page on what the suite found, in Markdown. */
export function conformancePage(verdicts: readonly Verdict[]): string {
  return `${[
    WRITTEN,
    '# The official conformance suite, target by target',
    `Scenarios of \`@modelcontextprotocol/conformance\` that pass, of those that the suite runs for a revision: what it scores,
what it runs unscored, and its scenarios of the tasks extension. Every app serves the suite's fixtures from its own entry
point, on its real runtime or on the emulator that its README describes. A scenario passes where at least one of its
checks ran and none failed; one that is skipped as a whole counts on neither side. A warning is a recommendation not
followed; one fails the run, as a scenario that does not pass does.`,
    matrix(verdicts),
    `**node-cluster**: three instances of the Node app on one Redis, behind a proxy that gives each of them every third
request, whoever sends it.`,
    `**node-killed**: behind the same proxy every request has a Node instance of its own, which is killed (\`kill -9\`) as soon
as the request is over: no session is ever served twice by the same process. A stream that a client has opened by GET
lasts until the client closes it. Of the revision 2026-07-28, which has no sessions, there is nothing to lose.`,
    '## What is skipped',
    `Nothing of these is checked but the form of the messages. A scenario that is skipped and not named here fails the run,
as does one that is named here and was checked.`,
    entriesOf('skipped'),
    '## What does not pass',
    'Each is run all the same: one that passes fails the run, until its entry is taken out.',
    entriesOf('fails'),
  ].join('\n\n')}\n`;
}

function entriesOf(kind: BaselineEntry['kind']): string {
  const rows = BASELINE.filter((entry) => entry.kind === kind).map((entry) => [
    entry.revision,
    entry.scenario,
    entry.targets?.join(', ') ?? 'everywhere',
    entry.reason,
    `<${entry.documentation}>`,
  ]);
  return markdownTable([['revision', 'scenario', 'where', 'because', 'source'], ...rows]);
}
