import type { Readiness } from './readiness.ts';
import type { Size } from './size.ts';

/** What the project promises of its images: a value that is at most its bound. */
export interface Goal {
  readonly measure: string;
  readonly bound: number;
  readonly value: number;
  readonly unit: string;
}

const MB = 1_000_000;

export function goals(scratch: Size, [outside, ...containers]: readonly Readiness[]): readonly Goal[] {
  return [
    { measure: 'from scratch: on disk', bound: 120, value: scratch.bytes / MB, unit: 'MB' },
    { measure: 'from scratch: compressed', bound: 50, value: scratch.compressedBytes / MB, unit: 'MB' },
    ...containers.map(({ what, sinceBegin }) => ({
      measure: `${what}: time until ready against outside`,
      bound: 1.5,
      value: sinceBegin / (outside?.sinceBegin ?? Number.NaN),
      unit: 'x',
    })),
  ];
}
