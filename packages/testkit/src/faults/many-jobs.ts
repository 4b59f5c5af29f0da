import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, modern, sendRaw } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { type ReportLog, reportLog } from './report-log.ts';

/** Few books: what is measured is the job, not the report. */
const FEW = { yearFrom: 1811, yearTo: 1813 };
/** A heap takes once what a burst needs, and keeps it; what leaks takes more with every burst. */
const WARM_UP_BURSTS = 2;
/** Between its collections a heap breathes by a quarter: what a leak raises is the least that it comes back to. */
const BURSTS = 3;
const END_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 100;
/** What a garbage collector needs to give back what is no longer used. */
const SETTLE_MS = 3_000;

const startedJob = z.object({ result: z.object({ structuredContent: z.object({ jobId: z.string() }) }) });

/** What so many jobs at once came to. */
export interface ManyJobs {
  readonly jobs: number;
  readonly seconds: number;
  /**
   * The resident size of all processes of the app, in bytes: before, the least after any of the bursts, and the most that
   * was seen meanwhile.
   */
  readonly residentBefore: number;
  readonly residentAfter: number;
  readonly residentMost: number;
}

/**
 * Submits so many jobs at once and waits until each has ended; three times, and counts after two such bursts.
 *
 * @throws {Error} where one is refused, or not all have ended within four minutes
 */
export async function runManyJobs(instance: LaunchedApp, jobs: number): Promise<ManyJobs> {
  const log = reportLog([instance]);
  for (let burst = 0; burst < WARM_UP_BURSTS; burst++) await runAll(instance, log, jobs, () => {});
  await delay(SETTLE_MS);
  const residentBefore = await instance.residentBytes();
  let residentMost = residentBefore;
  const after: number[] = [];
  const begun = Date.now();
  for (let burst = 0; burst < BURSTS; burst++) {
    await runAll(instance, log, jobs, (resident) => {
      residentMost = Math.max(residentMost, resident);
    });
    await delay(SETTLE_MS);
    after.push(await instance.residentBytes());
  }
  const seconds = (Date.now() - begun) / 1000 - (BURSTS * SETTLE_MS) / 1000;
  return { jobs: jobs * BURSTS, seconds, residentBefore, residentAfter: Math.min(...after), residentMost };
}

async function runAll(
  instance: LaunchedApp,
  log: ReportLog,
  jobs: number,
  look: (residentBytes: number) => void,
): Promise<void> {
  const submitted = await Promise.all(Array.from({ length: jobs }, (_, index) => submit(instance, index)));
  const deadline = Date.now() + END_WITHIN_MS;
  let open = submitted;
  while (open.length > 0) {
    if (Date.now() > deadline) {
      throw new Error(
        `${open.length} of ${jobs} jobs on ${instance.app.name} did not end in ${END_WITHIN_MS / 1000} s.`,
      );
    }
    await delay(LOOK_EVERY_MS);
    look(await instance.residentBytes());
    open = open.filter((jobId) => log.ends(jobId) === 0);
  }
}

async function submit({ url }: LaunchedApp, id: number): Promise<string> {
  const call = modern('tools/call', { name: 'start_report', arguments: FEW }, { id });
  const { status, body } = await sendRaw(`${url}/mcp`, call);
  const started = startedJob.safeParse(messageOf(body)).data;
  if (started === undefined) throw new Error(`A job was refused with ${status}: ${body.slice(0, 500)}`);
  return started.result.structuredContent.jobId;
}
