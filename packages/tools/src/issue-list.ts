import type * as z from 'zod';

/** What is wrong with a value, each issue led by its path, in one line. */
export function issueList(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ');
}
