import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, modern, sendRaw } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { type ReportLog, reportLog } from './report-log.ts';

/** Few books: what is measured is the job, not the report. */
const FEW = { yearFrom: 1811, yearTo: 1813 };
const BURSTS = 6;
const END_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 100;
/** V8 gives back what it does not use when nothing has happened for 8 s, in up to three steps as far from one another. */
const SETTLE_MS = 25_000;

const startedJob = z.object({ result: z.object({ structuredContent: z.object({ jobId: z.string() }) }) });

/** What so many jobs at once came to. Sizes are the resident ones of all processes of the app together, in bytes. */
export interface ManyJobs {
  readonly jobs: number;
  readonly seconds: number;
  /** After one job, which loads whatever a job needs: no burst has been before it. */
  readonly residentAfterOne: number;
  /** After each burst, once the app has been left alone for 25 s. */
  readonly residentAfter: readonly number[];
  /** The most that was seen meanwhile. */
  readonly residentMost: number;
}

/**
 * Has one job done, then so many at once, six times; nothing that is measured is left out.
 *
 * @throws {Error} where one is refused, or not all have ended within four minutes
 */
export async function runManyJobs(instance: LaunchedApp, jobs: number): Promise<ManyJobs> {
  const log = reportLog([instance]);
  let residentMost = 0;
  const settledAfter = async (count: number) => {
    await runAll(instance, log, count, (resident) => {
      residentMost = Math.max(residentMost, resident);
    });
    const ended = Date.now();
    await delay(SETTLE_MS);
    return { ended, resident: await instance.residentBytes() };
  };
  const { resident: residentAfterOne } = await settledAfter(1);
  const residentAfter: number[] = [];
  let seconds = 0;
  for (let burst = 0; burst < BURSTS; burst++) {
    const begun = Date.now();
    const { ended, resident } = await settledAfter(jobs);
    seconds += (ended - begun) / 1000;
    residentAfter.push(resident);
  }
  return { jobs: jobs * BURSTS, seconds, residentAfterOne, residentAfter, residentMost };
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
