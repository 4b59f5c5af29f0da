export { hasEnded, type JobProgress, type JobRecord, type Json, outstandingRequests } from './job.ts';
export { type Delivery, type JobQueue, QueueUnavailable, type RunDelivery, type WorkedQueue } from './job-queue.ts';
export { type JobCode, JobInterrupted, type JobRun } from './job-run.ts';
export { createJobRunner, giveUpJob } from './job-runner.ts';
export { createJobs, type Jobs } from './jobs.ts';
