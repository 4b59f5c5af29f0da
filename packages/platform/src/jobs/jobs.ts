import type { AtomicStore } from '../state/store.ts';
import { hasEnded, isJobId, type JobRecord, type Json, newJobId } from './job.ts';
import type { JobQueue } from './job-queue.ts';
import { changeJob, createJob, readJob } from './job-store.ts';

/** A day: whoever wants the result has come for it by then. */
const DEFAULT_TTL_SECONDS = 24 * 60 * 60;

/**
 * How long a job may lie without anybody running it before whoever asks for it sends it once more: a queue has a backlog
 * now and then, but a runner renews its lease well within the shorter time.
 */
const LOST_AFTER_MS = { queued: 30_000, running: 15_000 };
/** That wait doubles each time, up to this: in a backlog, what is sent once more is one more delivery for everybody. */
const LOST_AFTER_AT_MOST_MS = 10 * 60_000;

/** What is to be done. */
interface JobOrder {
  /** Which code runs it. */
  readonly kind: string;
  /** The principal it belongs to. */
  readonly owner: string;
  readonly input: Json;
  /** How long it is kept, from now on; a day where it is not said. */
  readonly ttlSeconds?: number;
}

/** The jobs of all principals; every method is bound to one of them, to whom the others' do not exist. */
export interface Jobs {
  /**
   * Records a job, then has it delivered: when this resolves, the job outlives this process.
   * @throws {JobTooLarge | StoreUnavailable}, and whatever the queue throws; then there is no job, or none that is run
   */
  submit(order: JobOrder): Promise<JobRecord>;
  /** The job, or `undefined` where it is unknown, somebody else's, or expired. */
  get(id: string, owner: string): Promise<JobRecord | undefined>;
  /** Cancels it; one that runs ends when its code next looks. One that has ended stays as it is. `undefined` as for `get`. */
  cancel(id: string, owner: string): Promise<JobRecord | undefined>;
  /** Gives answers to what it asks; it goes on when none is missing. Names it did not ask are ignored. */
  answer(id: string, owner: string, responses: Readonly<Record<string, Json>>): Promise<JobRecord | undefined>;
}

/**
 * Joins a store and a queue.
 *
 * @example
 * const jobs = createJobs(store, queue);
 * const { id } = await jobs.submit({ kind: 'report', owner: 'alice', input: { year: 1815 } });
 * const job = await jobs.get(id, 'alice');
 */
export function createJobs(store: AtomicStore, queue: JobQueue): Jobs {
  const change = (id: string, owner: string, decide: (job: JobRecord) => Partial<JobRecord> | undefined) =>
    ownedBy(id, owner, () => changeJob(store, id, (job) => (job.owner === owner ? decide(job) : undefined)));

  return {
    async submit({ kind, owner, input, ttlSeconds = DEFAULT_TTL_SECONDS }) {
      const now = Date.now();
      const job: JobRecord = {
        id: newJobId(),
        kind,
        owner,
        status: 'queued',
        input,
        createdAt: now,
        updatedAt: now,
        expiresAt: now + ttlSeconds * 1000,
        failures: 0,
        cancelRequested: false,
      };
      const recorded = await createJob(store, job);
      try {
        await queue.send(job.id, 0, recorded);
      } catch (error) {
        // Where only the queue's answer was lost, somebody may be at it already, or done with it.
        let isUnsent = true;
        const left = await changeJob(store, job.id, ({ status }) => {
          isUnsent = status === 'queued';
          return isUnsent ? { status: 'failed', broken: true, error: 'It could not be queued.' } : undefined;
        });
        if (isUnsent || left === undefined) throw error;
        return left;
      }
      return job;
    },

    async get(id, owner) {
      const job = await ownedBy(id, owner, () => readJob(store, id));
      if (job === undefined || !isLost(job)) return job;
      // A queue may lose a delivery, or a process end between the record and the queue. Whoever asks puts it right, once.
      let found = false;
      const touched = await changeJob(store, id, (latest) => {
        found = isLost(latest);
        return found ? { resent: (latest.resent ?? 0) + 1 } : undefined;
      });
      if (found) await queue.send(id);
      return touched;
    },

    cancel: (id, owner) =>
      change(id, owner, (job) => {
        if (hasEnded(job.status) || job.cancelRequested) return undefined;
        const isRun = job.status === 'running' && job.lease !== undefined && job.lease.until > Date.now();
        return isRun ? { cancelRequested: true } : { cancelRequested: true, status: 'cancelled' };
      }),

    async answer(id, owner, responses) {
      let complete = false;
      const job = await change(id, owner, (latest) => {
        complete = false;
        if (latest.status !== 'input_required') return undefined;
        const asked = Object.keys(latest.requests ?? {});
        const known = Object.entries(responses).filter(([name]) => asked.includes(name));
        const answers = { ...latest.responses, ...Object.fromEntries(known) };
        complete = asked.every((name) => Object.hasOwn(answers, name));
        return { responses: answers, status: complete ? 'queued' : 'input_required' };
      });
      if (complete) await queue.send(id);
      return job;
    },
  };
}

async function ownedBy(
  id: string,
  owner: string,
  read: () => Promise<JobRecord | undefined>,
): Promise<JobRecord | undefined> {
  const job = isJobId(id) ? await read() : undefined;
  return job?.owner === owner ? job : undefined;
}

/** Whether somebody should be at it, and nobody is. */
function isLost({ status, updatedAt, notBefore = 0, lease, resent = 0 }: JobRecord): boolean {
  if (status !== 'queued' && status !== 'running') return false;
  const now = Date.now();
  const waitMs = Math.min(LOST_AFTER_MS[status] * 2 ** resent, LOST_AFTER_AT_MOST_MS);
  if (status === 'queued') return Math.max(updatedAt, notBefore) + waitMs < now;
  return (lease?.until ?? 0) < now && updatedAt + waitMs < now;
}
