import { describe, expect, it } from 'vitest';
import { BASELINE, type BaselineEntry } from '../../src/conformance/suite/baseline.ts';
import { REVISIONS, type Revision, requirementsOf } from '../../src/conformance/suite/requirements.ts';
import type { Check } from '../../src/conformance/suite/run-suite.ts';
import { verdictOn } from '../../src/conformance/suite/verdict.ts';

const check = (status: Check['status']): Check => ({ id: 'some-check', status, errorMessage: 'because' });

/** Results of a run in which everything passes. */
async function allPassed(revision: Revision): Promise<Map<string, readonly Check[]>> {
  const { scored, unscored } = await requirementsOf(revision);
  return new Map([...scored, ...unscored].map((scenario) => [scenario, [check('SUCCESS')]]));
}

const NODE = { name: 'node', target: 'node' } as const;
const BUN = { name: 'bun', target: 'bun' } as const;

const entry: BaselineEntry = {
  revision: '2026-07-28',
  scenario: 'caching',
  kind: 'fails',
  reason: 'Nothing is kept.',
  documentation: 'https://example.com/limits',
};
const skipped: BaselineEntry = { ...entry, kind: 'skipped' };

describe('the verdict on a run of the suite', () => {
  it.each([
    { revision: '2025-11-25' as const, scored: 30, tasks: 0, others: 3 },
    { revision: '2026-07-28' as const, scored: 37, tasks: 10, others: 3 },
  ])('counts what the suite has for $revision', async ({ revision, scored, tasks, others }) => {
    const verdict = await verdictOn(NODE, revision, await allPassed(revision), []);
    expect(verdict).toMatchObject({
      scored: { of: scored, passed: scored },
      tasks: { of: tasks, passed: tasks },
      others: { of: others, passed: others },
    });
    expect(verdict.problems).toEqual([]);
  });

  it('names a scenario that fails and should not, and why', async () => {
    const results = (await allPassed('2026-07-28')).set('tools-list', [check('SUCCESS'), check('FAILURE')]);
    const { problems, scored } = await verdictOn(BUN, '2026-07-28', results, []);
    expect(problems).toEqual(['bun, 2026-07-28: tools-list fails: some-check: because']);
    expect(scored).toEqual({ passed: 36, of: 37, skipped: 0 });
  });

  it('names a scenario that was not run', async () => {
    const results = await allPassed('2026-07-28');
    results.delete('tasks-lifecycle');
    const { problems, tasks } = await verdictOn(BUN, '2026-07-28', results, []);
    expect(problems).toEqual(['bun, 2026-07-28: tasks-lifecycle did not run to its end']);
    expect(tasks).toEqual({ passed: 9, of: 10, skipped: 0 });
  });

  it('lets a scenario of the baseline fail, on the targets that the entry names', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('FAILURE')]);
    const problemsOf = async (target: 'bun' | 'node') =>
      (await verdictOn({ name: target, target }, '2026-07-28', results, [{ ...entry, targets: ['bun'] }])).problems;
    expect(await problemsOf('bun')).toEqual([]);
    expect(await problemsOf('node')).toEqual(['node, 2026-07-28: caching fails: some-check: because']);
  });

  it('names a scenario of the baseline that passes', async () => {
    const { problems } = await verdictOn(BUN, '2026-07-28', await allPassed('2026-07-28'), [entry]);
    expect(problems).toEqual(['bun, 2026-07-28: caching does not fail any more: take it out of baseline.ts']);
  });

  const notChecked: readonly { what: string; checks: readonly Check[] }[] = [
    { what: 'has no checks', checks: [] },
    { what: 'skips all of them', checks: [check('SKIPPED'), check('SKIPPED')] },
    { what: 'only tells what happened', checks: [check('INFO')] },
    { what: 'checks no more than the form of the messages', checks: [{ id: 'wire-schema-valid', status: 'SUCCESS' }] },
  ];

  it.each(notChecked)('takes a scenario that $what for skipped, and not for passed', async ({ checks }) => {
    const results = (await allPassed('2026-07-28')).set('caching', checks);
    expect(await verdictOn(BUN, '2026-07-28', results, [])).toMatchObject({
      scored: { passed: 36, of: 37, skipped: 0 },
      problems: ['bun, 2026-07-28: caching is skipped: no check of it ran'],
    });
    expect(await verdictOn(BUN, '2026-07-28', results, [skipped])).toMatchObject({
      scored: { passed: 36, of: 36, skipped: 1 },
      problems: [],
    });
  });

  it('does not pass a suite that skips everything', async () => {
    const results = new Map(
      [...(await allPassed('2026-07-28')).keys()].map((scenario) => [scenario, [check('SKIPPED')]]),
    );
    const { scored, tasks, others, problems } = await verdictOn(BUN, '2026-07-28', results, []);
    expect([scored, tasks, others].map(({ passed }) => passed)).toEqual([0, 0, 0]);
    expect(problems).toHaveLength(results.size);
  });

  it('counts a scenario of which some checks are skipped', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('SKIPPED'), check('SUCCESS')]);
    expect(await verdictOn(BUN, '2026-07-28', results, [])).toMatchObject({
      scored: { passed: 37, of: 37, skipped: 0 },
      problems: [],
    });
  });

  it('names a scenario that the baseline has as skipped, and that was checked', async () => {
    const stale = 'bun, 2026-07-28: caching is not skipped any more: take it out of baseline.ts';
    const results = await allPassed('2026-07-28');
    expect(await verdictOn(BUN, '2026-07-28', results, [skipped])).toMatchObject({
      scored: { passed: 37, of: 37, skipped: 0 },
      problems: [stale],
    });
    results.set('caching', [check('FAILURE')]);
    expect(await verdictOn(BUN, '2026-07-28', results, [skipped])).toMatchObject({
      scored: { passed: 36, of: 37, skipped: 0 },
      problems: ['bun, 2026-07-28: caching fails: some-check: because', stale],
    });
    results.delete('caching');
    expect(await verdictOn(BUN, '2026-07-28', results, [skipped])).toMatchObject({
      scored: { passed: 36, of: 37, skipped: 0 },
      problems: ['bun, 2026-07-28: caching did not run to its end', stale],
    });
  });

  it('does not take a scenario that is skipped for one that fails', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('SKIPPED')]);
    const { problems } = await verdictOn(BUN, '2026-07-28', results, [entry]);
    expect(problems).toEqual([
      'bun, 2026-07-28: caching is skipped: no check of it ran',
      'bun, 2026-07-28: caching does not fail any more: take it out of baseline.ts',
    ]);
  });

  it('counts warnings, and names them: a scenario passes with one, the run does not', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('WARNING'), check('SUCCESS')]);
    expect(await verdictOn(BUN, '2026-07-28', results, [])).toMatchObject({
      scored: { passed: 37, of: 37, skipped: 0 },
      warnings: 1,
      problems: ['bun, 2026-07-28: caching warns: some-check: because'],
    });
  });

  it('is told under the name of what was run, by the baseline of its target', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('FAILURE')]);
    const cluster = { name: 'node-cluster', target: 'node' } as const;
    expect((await verdictOn(cluster, '2026-07-28', results, [{ ...entry, targets: ['node'] }])).problems).toEqual([]);
    expect((await verdictOn(cluster, '2026-07-28', results, [])).problems).toEqual([
      'node-cluster, 2026-07-28: caching fails: some-check: because',
    ]);
  });
});

it('the baseline names scenarios that the suite has, each once', async () => {
  for (const revision of REVISIONS) {
    const { scored, unscored } = await requirementsOf(revision);
    const named = BASELINE.filter((entry) => entry.revision === revision).map(({ scenario }) => scenario);
    expect(named.filter((scenario) => ![...scored, ...unscored].includes(scenario))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  }
});
