export { type Deadline, deadlineOf } from './deadline.ts';
export { LIMITS } from './limits.ts';
export { type ListeningTime, listeningOn } from './listening.ts';
export { readTimeSpan, TIME_SPAN_RULE } from './time-span.ts';
export { type Verdict, verdictOn } from './verdict.ts';
