import { type AtomicStore, ValueTooLarge } from '../state/store.ts';
import { hasEnded, type JobRecord, jobRecord, TRANSITIONS } from './job.ts';

/** A change that the table of transitions does not know: a bug of whoever asked for it. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

/** The job's input, checkpoint and result together are more than the store takes in one value. */
export class JobTooLarge extends Error {
  override readonly name = 'JobTooLarge';
}

/** A race is lost only to a call that won, so n calls at once need at most n attempts each. */
const MAX_ATTEMPTS = 64;

/** @throws {JobTooLarge} */
export async function createJob(store: AtomicStore, job: JobRecord): Promise<void> {
  await write(store, job, (value, ttlSeconds) => store.compareAndSet(keyOf(job.id), 'absent', value, ttlSeconds));
}

/** The job, or `undefined` where it is unknown or has expired. */
export async function readJob(store: AtomicStore, id: string): Promise<JobRecord | undefined> {
  const held = await store.get(keyOf(id));
  return held === undefined ? undefined : jobRecord.parse(JSON.parse(held));
}

/**
 * Reads a job, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer record.
 *
 * @param decide gives what is to change, or `undefined` to leave the job as it is; may run several times
 * @returns the job as it is now, or `undefined` where there is none
 * @throws {IllegalTransition | JobTooLarge}
 */
export async function changeJob(
  store: AtomicStore,
  id: string,
  decide: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<JobRecord | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const held = await store.read(keyOf(id));
    if (held === undefined) return undefined;
    const job = jobRecord.parse(JSON.parse(held.value));
    const change = decide(job);
    if (change === undefined) return job;
    const next: JobRecord = { ...job, ...change, updatedAt: Date.now() };
    if (!TRANSITIONS[job.status].includes(next.status)) {
      throw new IllegalTransition(`A job that is ${job.status} cannot become ${next.status} (job ${id}).`);
    }
    const won = await write(store, next, (value, ttlSeconds) =>
      store.compareAndSet(keyOf(id), held.version, value, ttlSeconds),
    );
    if (won) return next;
  }
  throw new Error(`Job ${id} is changed by too many at the same time.`);
}

async function write(
  store: AtomicStore,
  job: JobRecord,
  put: (value: string, ttlSeconds: number) => Promise<boolean>,
): Promise<boolean> {
  // What has ended needs no lease.
  const value = JSON.stringify(hasEnded(job.status) ? { ...job, lease: undefined } : job);
  try {
    // One whose time is nearly over is about to be forgotten.
    return await put(value, Math.max(1, (job.expiresAt - Date.now()) / 1000));
  } catch (error) {
    if (!(error instanceof ValueTooLarge)) throw error;
    throw new JobTooLarge(
      `Job ${job.id} (${job.kind}) does not fit into the store: its input, checkpoint and result may take ${store.maxValueBytes} bytes together.`,
      { cause: error },
    );
  }
}

function keyOf(id: string): string {
  return `jobs/${id}`;
}
