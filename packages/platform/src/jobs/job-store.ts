import * as z from 'zod';
import { type AtomicStore, ValueTooLarge, type Version, type Versioned } from '../state/store.ts';
import { hasEnded, type JobRecord, jobRecord, TRANSITIONS } from './job.ts';

/** A change that the table of transitions does not know: a bug of whoever asked for it. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

/** The job's input, checkpoint and result together are more than the store takes in one value. */
export class JobTooLarge extends Error {
  override readonly name = 'JobTooLarge';
}

/** The record of a job is none that this release understands. */
export class UnreadableJob extends Error {
  override readonly name = 'UnreadableJob';
  readonly id: string;
  // It is for no log, which may show whatever an error holds.
  readonly #held: Versioned;

  constructor(id: string, held: Versioned, cause: unknown) {
    super(`The record of job ${id} cannot be read: it is damaged, or another release of the server wrote it.`, {
      cause,
    });
    this.id = id;
    this.#held = held;
  }

  /** What was read instead. */
  get held(): Versioned {
    return this.#held;
  }
}

/** A race is lost only to a call that won, so n calls at once need at most n attempts each. */
const MAX_ATTEMPTS = 64;

/** A job as it was last read or written, and its version then. */
export interface HeldJob {
  readonly job: JobRecord;
  readonly version: Version;
}

const heldJob = z.object({ job: jobRecord, version: z.custom<Version>((version) => typeof version === 'string') });

/** What a delivery carried of this job; `undefined` where that is nothing, or nothing that this deployment understands. */
export function carriedJob(id: string, carried: unknown): HeldJob | undefined {
  const held = carried === undefined ? undefined : heldJob.safeParse(carried).data;
  return held?.job.id === id ? held : undefined;
}

/** @throws {JobTooLarge} */
export async function createJob(store: AtomicStore, job: JobRecord): Promise<HeldJob> {
  const version = await writeJob(store, job, 'absent');
  if (version === undefined) throw new Error(`There is a job ${job.id} already.`);
  return { job, version };
}

/**
 * The job, or `undefined` where it is unknown or has expired.
 * @throws {UnreadableJob}
 */
export async function readJob(store: AtomicStore, id: string): Promise<JobRecord | undefined> {
  const held = await readHeld(store, id);
  return held === undefined || hasExpired(held.job) ? undefined : held.job;
}

/**
 * Reads a job, decides, and writes only if nobody wrote in between; otherwise decides anew on the newer record.
 *
 * @param decide gives what is to change, or `undefined` to leave the job as it is; may run several times
 * @returns the job as it is now, or `undefined` where there is none
 * @throws {IllegalTransition | JobTooLarge | UnreadableJob}
 */
export async function changeJob(
  store: AtomicStore,
  id: string,
  decide: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<JobRecord | undefined> {
  return (await changeHeldJob(store, id, decide))?.job;
}

/**
 * As {@link changeJob}, for whoever has the job at hand: where nobody wrote since, nothing is read.
 *
 * @param known decided on first; where it is out of date, or would be left as it is, the store is asked
 */
export async function changeHeldJob(
  store: AtomicStore,
  id: string,
  decide: (job: JobRecord) => Partial<JobRecord> | undefined,
  known?: HeldJob,
): Promise<HeldJob | undefined> {
  let held = known;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const isFresh = held === undefined;
    held ??= await readHeld(store, id);
    if (held === undefined) return undefined;
    const { job, version } = held;
    if (hasExpired(job)) return undefined;
    const change = decide(job);
    if (change === undefined && isFresh) return held;
    held = undefined;
    if (change === undefined) continue;
    const next: JobRecord = { ...job, ...change, updatedAt: Date.now() };
    if (!TRANSITIONS[job.status].includes(next.status)) {
      throw new IllegalTransition(`A job that is ${job.status} cannot become ${next.status} (job ${id}).`);
    }
    const written = await writeJob(store, next, version);
    if (written !== undefined) return { job: next, version: written };
  }
  throw new Error(`Job ${id} is changed by too many at the same time.`);
}

async function readHeld(store: AtomicStore, id: string): Promise<HeldJob | undefined> {
  const held = await store.read(keyOf(id));
  if (held === undefined) return undefined;
  const { data: job, error } = jobRecord.safeParse(jsonOf(held.value));
  if (job === undefined) throw new UnreadableJob(id, held, error);
  return { job, version: held.version };
}

/** `undefined` where it is none: the exception would quote it. */
export function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/**
 * Writes a job over whatever is there at that version; `undefined` where it is not.
 * @throws {JobTooLarge}
 */
export async function writeJob(
  store: AtomicStore,
  job: JobRecord,
  expected: Version | 'absent',
): Promise<Version | undefined> {
  // What has ended needs no lease.
  const value = JSON.stringify(hasEnded(job.status) ? { ...job, lease: undefined } : job);
  try {
    // One whose time is nearly over stays a moment longer, for the engine's sake, but is not read any more.
    return await store.compareAndSet(keyOf(job.id), expected, value, Math.max(1, (job.expiresAt - Date.now()) / 1000));
  } catch (error) {
    if (!(error instanceof ValueTooLarge)) throw error;
    throw new JobTooLarge(
      `Job ${job.id} (${job.kind}) does not fit into the store: its input, checkpoint and result may take ${store.maxValueBytes} bytes together.`,
      { cause: error },
    );
  }
}

/** Whoever saves it in the last moment cannot make it last, and no engine's own clock can. */
function hasExpired({ expiresAt }: JobRecord): boolean {
  return expiresAt <= Date.now();
}

function keyOf(id: string): string {
  return `jobs/${id}`;
}
