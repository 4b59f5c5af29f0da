import { createHash, timingSafeEqual } from 'node:crypto';
import { readEnvironment } from '@mcp-everywhere/platform/env';
import type { Config } from '@netlify/functions';
import * as z from 'zod';

const variables = z.object({
  /** What whoever starts a job has to show. Without one nobody may. */
  JOBS_SECRET: z.string().min(32, 'give at least 32 characters').optional(),
});
const job = z.object({ kind: z.string().min(1).max(64), jobId: z.string().min(1).max(128) });

const [{ JOBS_SECRET }] = readEnvironment([{ neededBy: 'the background function', variables }], process.env, 'netlify');

/**
 * Where jobs run, which may take 15 minutes. Whoever calls it has had its 202 before this begins, so the log is all it can
 * answer with. Nothing is thrown: a failure would have Netlify call it twice more, and what is refused stays refused.
 */
export default async (request: Request): Promise<void> => {
  if (JOBS_SECRET === undefined) return refuse('No job is started: JOBS_SECRET is not set');
  if (!isSame(request.headers.get('authorization') ?? '', `Bearer ${JOBS_SECRET}`)) {
    return refuse('No job is started: the request does not show JOBS_SECRET as its bearer token');
  }
  const read = job.safeParse(await request.json().catch(() => undefined));
  if (!read.success) return refuse(`No job is started: the request is not {"kind": …, "jobId": …}`);
  refuse(`Job ${read.data.jobId} is not started: there is no job of the kind "${read.data.kind}"`);
};

/** No path of its own: it is called by its name, `/.netlify/functions/jobs`. */
export const config: Config = { background: true };

function refuse(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: 'WARN', logger: 'jobs', message })}\n`);
}

/** Takes as long for a good guess as for a bad one. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((value) => createHash('sha256').update(value).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
