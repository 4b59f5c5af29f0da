import fc from 'fast-check';

/** What JSON has no value for in JavaScript, as a mark that {@link encoded} turns into the text that is sent. */
const MARK = /"⟦(deep|number) ([^⟧]*)⟧"/g;

/** Beyond what walks a value by recursion, and short of the largest body. */
const DEPTHS = [64, 1_000, 10_000, 100_000];
const NUMBERS = ['1e400', '-1e400', '-0', '9007199254740993', '1E-400', '123456789012345678901234567890', '0.1e1'];

/** Names that an object has without being given them. */
export const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'] as const;

/** Texts that hurt whoever cuts, compares, prints or stores them carelessly. */
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\ufffe\uffff',
  '\u202egnp.exe',
  '\r\nx-injected: 1',
  '../../../../etc/passwd',
  '%00%2e%2e%2f',
  '{{7*7}}',
  "'; drop table state; --",
  '<script>alert(1)</script>',
  'null',
  '-1',
  'Infinity',
  ...PROTOTYPE_NAMES,
];

export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 300, max: 70_000 }).map((length) => 'x'.repeat(length)) },
);

/** Any JSON value, those that are seldom thought of among them. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: oddText },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, 0, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), [], {}, [[]]) },
  { weight: 1, arbitrary: fc.constantFrom(...DEPTHS).map((depth) => `⟦deep ${depth}⟧`) },
  { weight: 1, arbitrary: fc.constantFrom(...NUMBERS).map((number) => `⟦number ${number}⟧`) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(...PROTOTYPE_NAMES).map((name) => Object.fromEntries([[name, { x: 1 }]])) },
  { weight: 1, arbitrary: fc.array(fc.constant('x'), { minLength: 200, maxLength: 2_000 }) },
);

/** The text of a JSON value, with the marks of {@link oddValue} replaced by what they stand for. */
export function encoded(value: unknown): string {
  return (JSON.stringify(value) ?? '').replaceAll(MARK, (_, kind: string, what: string) =>
    kind === 'number' ? what : `${'['.repeat(Number(what))}${']'.repeat(Number(what))}`,
  );
}
