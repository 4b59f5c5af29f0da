import * as z from 'zod';

export const JOB_STATUSES = ['queued', 'running', 'input_required', 'completed', 'failed', 'cancelled'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * Which status may follow which. `running` follows itself: a runner that died is replaced, and one that lives reports
 * progress. What has ended stays as it ended.
 */
export const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['queued', 'running', 'failed', 'cancelled'],
  running: ['running', 'queued', 'input_required', 'completed', 'failed', 'cancelled'],
  input_required: ['input_required', 'queued', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Whether nothing will happen to a job of this status any more. */
export function hasEnded(status: JobStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** The id of a job to be: nobody can guess it. */
export function newJobId(): string {
  return `job_${crypto.randomUUID().replaceAll('-', '')}`;
}

/** Whether there could be a job of this id. What else is asked for need not be, or cannot be, a key of the store's. */
export function isJobId(id: string): boolean {
  return /^job_[0-9a-f]{32}$/.test(id);
}

/** What a job asks and nobody has answered. */
export function outstandingRequests({ requests = {}, responses = {} }: JobRecord): Record<string, Json> {
  return Object.fromEntries(Object.entries(requests).filter(([name]) => !Object.hasOwn(responses, name)));
}

const jsonByName = z.record(z.string(), z.json());

/** How far a job is: `total` is absent where it cannot be known. */
const progress = z.object({
  done: z.number().min(0),
  total: z.number().min(0).optional(),
  message: z.string().optional(),
});

export type JobProgress = z.infer<typeof progress>;

/** A job as the store holds it. Times are milliseconds since the epoch. */
export const jobRecord = z.object({
  id: z.string(),
  /** Which code runs it. */
  kind: z.string(),
  /** The principal it belongs to: nobody else can see it. */
  owner: z.string(),
  status: z.enum(JOB_STATUSES),
  input: z.json(),
  createdAt: z.int(),
  updatedAt: z.int(),
  /** When it is forgotten, whatever its status. */
  expiresAt: z.int(),
  /** How often in a row it was begun and came no further. */
  failures: z.int().min(0),
  /** How often in a row the process that ran it was ended before it came further. */
  stops: z.int().min(0).optional(),
  /** How often in a row it was sent once more because nobody was at it. */
  resent: z.int().min(0).optional(),
  /** Not to be begun before, after a failure. */
  notBefore: z.int().optional(),
  /** Who runs it. A runner that does not renew it in time is taken for dead. */
  lease: z.object({ runner: z.string(), until: z.int() }).optional(),
  /** Which run recorded its end: the store's answer to that may be lost. */
  endedBy: z.string().optional(),
  cancelRequested: z.boolean(),
  progress: progress.optional(),
  /** Where it goes on, in the words of its own code. */
  checkpoint: z.json().optional(),
  /** What it asks, and what has been answered so far, each by the name the job's code gave the question. */
  requests: jsonByName.optional(),
  responses: jsonByName.optional(),
  result: z.json().optional(),
  /** Why it failed: fit for whoever submitted it. */
  error: z.string().optional(),
  /** Set where that is no answer of its code: it kept throwing, is not there, or made more than the store takes. */
  broken: z.literal(true).optional(),
});

export type JobRecord = z.infer<typeof jobRecord>;

/** The input, checkpoint and result of a job are JSON. */
export type Json = z.infer<ReturnType<typeof z.json>>;
