import * as z from 'zod';
import type { AtomicStore } from '../state/store.ts';
import type { JobRecord } from './job.ts';
import { jsonOf, type UnreadableJob, writeJob } from './job-store.ts';

/** For how long it can be looked at where the record does not say so any more. */
const KEPT_MS = 24 * 60 * 60_000;

const ERROR = 'Its record could not be read: it was damaged, or another release of the server wrote it.';

/**
 * Writes a job as failed whose record cannot be read, with what is left of it: else it would be delivered for ever, and
 * whoever asks for it would never learn.
 *
 * @param untouchedForMs a record that was written since is left alone: a newer release may be at it, about to replace this one
 * @returns the job as it failed; `undefined` where it was left alone, or somebody wrote in between
 */
export async function failUnreadableJob(
  store: AtomicStore,
  { id, held }: UnreadableJob,
  untouchedForMs: number,
): Promise<JobRecord | undefined> {
  const now = Date.now();
  const { kind, owner, ...times } = remains.parse(jsonOf(held.value));
  const { createdAt = now, updatedAt = 0, expiresAt = now + KEPT_MS } = times;
  if (updatedAt + untouchedForMs > now) return undefined;
  const job: JobRecord = {
    id,
    kind,
    owner,
    status: 'failed',
    input: null,
    createdAt,
    updatedAt: now,
    expiresAt,
    failures: 0,
    cancelRequested: false,
    broken: true,
    error: ERROR,
  };
  return (await writeJob(store, job, held.version)) === undefined ? undefined : job;
}

const time = z.int().min(0).optional().catch(undefined);
const nothing = { kind: 'unknown', owner: '' };
const remains = z
  .object({
    kind: z.string().catch(nothing.kind),
    owner: z.string().catch(nothing.owner),
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
  })
  .catch(nothing);
