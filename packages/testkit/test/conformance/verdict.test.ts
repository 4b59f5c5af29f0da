import { describe, expect, it } from 'vitest';
import { BASELINE } from '../../src/conformance/suite/baseline.ts';
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

const entry = { revision: '2026-07-28', scenario: 'caching', reason: 'Nothing is kept.' } as const;

describe('the verdict on a run of the suite', () => {
  it.each([
    { revision: '2025-11-25' as const, scored: 30, tasks: 0, others: 3 },
    { revision: '2026-07-28' as const, scored: 37, tasks: 10, others: 3 },
  ])('counts what the suite has for $revision', async ({ revision, scored, tasks, others }) => {
    const verdict = await verdictOn(NODE, revision, await allPassed(revision), []);
    expect(verdict).toMatchObject({
      scored: { of: scored },
      tasks: { of: tasks, passed: tasks },
      others: { of: others },
    });
    expect(verdict.problems).toEqual([]);
  });

  it('names a scenario that fails and should not, and why', async () => {
    const results = (await allPassed('2026-07-28')).set('tools-list', [check('SUCCESS'), check('FAILURE')]);
    const { problems, scored } = await verdictOn(BUN, '2026-07-28', results, []);
    expect(problems).toEqual(['bun, 2026-07-28: tools-list fails: some-check: because']);
    expect(scored).toEqual({ passed: 36, of: 37 });
  });

  it('names a scenario that was not run', async () => {
    const results = await allPassed('2026-07-28');
    results.delete('tasks-lifecycle');
    const { problems, tasks } = await verdictOn(BUN, '2026-07-28', results, []);
    expect(problems).toEqual(['bun, 2026-07-28: tasks-lifecycle did not run to its end']);
    expect(tasks).toEqual({ passed: 9, of: 10 });
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

  it('names what passes because nothing of it was checked', async () => {
    const valid: Check = { id: 'wire-schema-valid', status: 'SUCCESS' };
    const results = (await allPassed('2026-07-28')).set('caching', [check('SKIPPED'), valid]);
    const { unchecked, problems } = await verdictOn(BUN, '2026-07-28', results, []);
    expect({ unchecked, problems }).toEqual({ unchecked: ['caching'], problems: [] });
  });

  it('counts warnings, and names them: a scenario passes with one, the run does not', async () => {
    const results = (await allPassed('2026-07-28')).set('caching', [check('WARNING'), check('SUCCESS')]);
    expect(await verdictOn(BUN, '2026-07-28', results, [])).toMatchObject({
      scored: { passed: 37, of: 37 },
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
