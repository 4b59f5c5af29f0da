import { createHash, timingSafeEqual } from 'node:crypto';
import { type BackgroundDelivery, runInBackground } from '@mcp-everywhere/platform/jobs/background-function-queue';
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
  await runInBackground(read.data, { ...jobs, run: server.runJob });
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
