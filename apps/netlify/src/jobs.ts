import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BackgroundDelivery } from '@mcp-everywhere/platform/jobs/background-function-queue';
import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { jobs, server } from './server.ts';

const delivery: z.ZodType<BackgroundDelivery> = z.object({
  jobId: z.string().min(1).max(128),
  delayMs: z.number().min(0).exactOptional(),
});

/**
 * Where jobs run, which may take 15 minutes. Whoever calls it has had its 202 before this begins, so the log is all it can
 * answer with. What is refused stays refused and is not thrown; what is thrown (the store is down, or this process killed)
 * has Netlify call it again after a minute, and once more two minutes later.
 */
export default async (request: Request): Promise<void> => {
  if (jobs === undefined) return refuse('No job is run: JOBS_SECRET is not set');
  if (!isSame(request.headers.get('authorization') ?? '', `Bearer ${jobs.secret}`)) {
    return refuse('No job is run: the request does not show JOBS_SECRET as its bearer token');
  }
  const read = delivery.safeParse(await request.json().catch(() => undefined));
  if (!read.success) return refuse('No job is run: the request is not {"jobId": …}');
  await work(read.data, jobs);
};

/** No path of its own: it is called by its name, `/.netlify/functions/jobs`. */
export const config: Config = { background: true };

/** Runs a job to its end, or, where the time is over, leaves the rest to another invocation. */
async function work(
  { jobId, delayMs = 0 }: BackgroundDelivery,
  { queue, runMs }: NonNullable<typeof jobs>,
): Promise<void> {
  const endsAt = Date.now() + runMs;
  const ending = AbortSignal.timeout(runMs);
  for (let afterMs = delayMs; ; ) {
    const waitMs = Math.max(0, Math.min(afterMs, endsAt - Date.now()));
    await delay(waitMs);
    if (Date.now() >= endsAt) return queue.send(jobId, afterMs - waitMs);
    const run = await server.runJob(jobId, ending);
    if (run.kind === 'done') return;
    afterMs = run.afterMs;
  }
}

function refuse(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: 'WARN', logger: 'jobs', message })}\n`);
}

/** Takes as long for a good guess as for a bad one. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((value) => createHash('sha256').update(value).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
