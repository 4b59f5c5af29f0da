import { describe, expect, it } from 'vitest';
import { deadlineOf, LIMITS, listeningOn, verdictOn } from '../src/limits/index.ts';
import type { Figure, TargetLimits } from '../src/limits/target-limits.ts';
import { TARGETS } from '../src/target.ts';

/** Every figure of a row, with its name. */
function figuresOf({
  product: _,
  disconnect: __,
  listening: ___,
  httpSse: ____,
  ...figures
}: TargetLimits): [string, Figure][] {
  return Object.entries(figures);
}

const rows = TARGETS.map((target) => ({ target, row: LIMITS[target] }));
const figures = rows.flatMap(({ target, row }) =>
  figuresOf(row).map(([name, figure]) => ({ name: `${target}.${name}`, figure })),
);

it('has one row for each target, and no other', () => {
  expect(Object.keys(LIMITS).sort()).toEqual([...TARGETS].sort());
});

describe('every figure', () => {
  it.each(figures)('$name is cited', ({ figure }) => {
    expect(URL.canParse(figure.source)).toBe(true);
    expect(new URL(figure.source).protocol).toBe('https:');
    expect(figure.retrieved).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
  });

  it.each(figures)('$name is a whole number that is not negative, or says why it is none', ({ figure }) => {
    for (const limit of [figure.default, figure.maximum]) {
      if (typeof limit === 'number') expect(Number.isInteger(limit) && limit >= 0).toBe(true);
      else expect(['none', 'configurable', 'unpublished']).toContain(limit);
    }
  });

  it.each(figures)(
    '$name has a maximum that is no less than its default, and says what a higher one takes',
    ({ figure }) => {
      const { default: usual, maximum, maximumNeeds } = figure;
      if (typeof usual === 'number' && typeof maximum === 'number') expect(maximum).toBeGreaterThanOrEqual(usual);
      expect(maximumNeeds !== undefined).toBe(maximum !== usual);
    },
  );
});

it.each(rows)('$target says how a disconnect is seen, and where that is written', ({ row }) => {
  expect(row.disconnect.source).toMatch(/^https:\/\//);
  expect(row.disconnect.note).not.toBe('');
});

it('bounds a stream where a disconnect is never seen', () => {
  const blind = rows.filter(({ row }) => row.disconnect.seenAs === 'never');
  expect(blind.map(({ target }) => target)).toEqual(['netlify', 'azure', 'lambda']);
  for (const { row } of blind) expect(typeof row.streamMs.default).toBe('number');
});

it.each(rows)('$target says whether a client may listen there, and why', ({ row }) => {
  expect(row.listening.because).not.toBe('');
  const { streamMs, disconnect, listening } = row;
  // Nobody would end what a client has left, and a platform that ends it would do so in the middle.
  if (listening.held === 'while the client stays') {
    expect(disconnect.seenAs).not.toBe('never');
    expect(streamMs.default).not.toBeTypeOf('number');
  }
  if (listening.held === 'for a while') expect(listening.atMostMs).toBeLessThanOrEqual(Number(streamMs.default));
});

it.each(rows)('$target says whether HTTP+SSE can be served there, and why', ({ row }) => {
  expect(row.httpSse.because).not.toBe('');
  // A session is as long as its stream.
  if (row.httpSse.served !== 'no') expect(row.listening.held).toBe('while the client stays');
});

describe('the time that a client listens', () => {
  it('has no end where the platform sets none', () => {
    expect(listeningOn('node')).toEqual({ held: true, forMs: undefined });
    expect(listeningOn('cloudflare')).toEqual({ held: true, forMs: undefined });
  });

  it('ends before the platform, or what stands in front of it, would end the response', () => {
    expect(listeningOn('vercel')).toEqual({ held: true, forMs: 299_000 });
    expect(listeningOn('vercel', 60_000)).toEqual({ held: true, forMs: 59_000 });
    expect(listeningOn('node', 100_000)).toEqual({ held: true, forMs: 99_000 });
  });

  it('ends sooner where the platform would let it go on for too long', () => {
    expect(listeningOn('azure')).toEqual({ held: true, forMs: 120_000 });
  });

  it('is none where the platform cannot hold it, which it says', () => {
    expect(listeningOn('netlify')).toEqual({
      held: false,
      because: 'on Netlify Functions a stream ends after 10 s, and runs on unseen when its client has left',
    });
    expect(listeningOn('lambda', 900_000)).toMatchObject({ held: false });
  });
});

it('leaves a tool the time of its target less a margin, and all the time where there is no limit', () => {
  expect(deadlineOf('node')).toBeUndefined();
  expect(deadlineOf('cloudflare')).toBeUndefined();
  expect(deadlineOf('lambda')?.ms).toBe(2700);
  expect(deadlineOf('lambda', 30_000)?.ms).toBe(29_000);
  expect(deadlineOf('node', 115_000)).toEqual({
    ms: 114_000,
    because: 'what stands in front of this server ends a request after 115 s',
  });
});

describe('a call', () => {
  it('runs inline where it fits into a request, margin included', () => {
    expect(verdictOn('lambda', 29, 30_000)).toEqual({ runs: 'inline' });
    expect(verdictOn('node', 100_000)).toEqual({ runs: 'inline' });
  });

  it('has to be a job where it does not', () => {
    expect(verdictOn('lambda', 30, 30_000)).toEqual({
      runs: 'as a job',
      because: 'needs 30 s: AWS Lambda behind a function URL ends a request after 30 s',
    });
  });

  it('runs nowhere where it is too long for a job', () => {
    expect(verdictOn('lambda', 901, 30_000)).toEqual({
      runs: 'nowhere',
      because:
        'needs 901 s: AWS Lambda behind a function URL ends a request after 30 s, and a job runs for at most 900 s',
    });
  });
});
