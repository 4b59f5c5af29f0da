import { expect, it } from 'vitest';
import { readTimeSpan } from '../src/limits/index.ts';

it.each([
  ['00:00:01', 1_000],
  ['0:10:00', 600_000],
  ['23:59:59', 86_399_000],
  ['1.00:00:00', 86_400_000],
  ['1.02:03:04', 93_784_000],
  ['-1', Number.POSITIVE_INFINITY],
])('reads the time span %s', (text, ms) => {
  expect(readTimeSpan(text)).toBe(ms);
});

it.each(['', '00:00:00', '0.00:00:00', '00:60:00', '00:00:60', '24:00:00', '10', '-2', '-00:10:00', '10:00', '2 s'])(
  'finds no time-out in "%s"',
  (text) => {
    expect(readTimeSpan(text)).toBeUndefined();
  },
);
