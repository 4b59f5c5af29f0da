export { type Deadline, deadlineOf } from './deadline.ts';
export { LIMITS } from './limits.ts';
export { type Verdict, verdictOn } from './verdict.ts';
