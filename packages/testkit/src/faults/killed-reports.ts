import { setTimeout as delay } from 'node:timers/promises';
import { connectModern } from '../clients/modern-client.ts';
import type { LaunchedApp } from '../launch.ts';
import { type LoggedChunk, type ReportLog, reportLog } from './report-log.ts';

/** A runner that was killed is taken for dead after 15 s, and on a busy machine a chunk takes a second. */
const PROGRESS_WITHIN_MS = 90_000;
/** A whole report, on its own, once nobody kills it any more. */
const END_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 2;
/** A report of all books, which takes seconds; one that is killed once need not be of so many. */
const ALL = {};
const MOST = { yearFrom: 1850 };

/** What became of reports whose instances were killed in the middle of them. */
export interface KilledReports {
  readonly kills: number;
  readonly reports: number;
  /** How many of them were completed. */
  readonly completed: number;
  /** How often the end of a report was recorded, at most: 1 is what it must be. */
  readonly endsRecorded: number;
  /** How often a chunk of work was begun, at most: 2 is one kill in the middle of it. */
  readonly chunkBegun: number;
}

/**
 * Kills (`SIGKILL`) whichever instance is at work, each time in the middle of a chunk of a report, and starts it again.
 * Before the next kill the report has left that chunk behind. Where a report is done before all kills are, another begins.
 *
 * @param instances of one app with one store and one queue, launched with {@link FAULT_SETTINGS}
 * @throws {Error} where a report does not go on within 90 s of a kill, or does not end
 */
export async function killReports(instances: readonly LaunchedApp[], kills: number): Promise<KilledReports> {
  const log = reportLog(instances);
  const reports: string[] = [];
  let left = kills;
  while (left > 0) {
    const jobId = await beginReport(instances, kills > 1 ? ALL : MOST);
    reports.push(jobId);
    left -= await killIn(jobId, left, log);
  }
  const statuses = await Promise.all(reports.map((jobId) => endOf(jobId, instances)));
  return {
    kills,
    reports: reports.length,
    completed: statuses.filter((status) => status === 'completed').length,
    endsRecorded: Math.max(...reports.map((jobId) => log.ends(jobId))),
    chunkBegun: Math.max(...reports.flatMap((jobId) => [...countedBy(log.chunks(jobId)).values()])),
  };
}

/** What instances are to be launched with: their logs then tell of every chunk. */
export const FAULT_SETTINGS = { LOG_LEVEL: 'debug' };

/** Kills whoever runs the report, at most so many times while it lasts, and gives how often it did. */
async function killIn(jobId: string, atMost: number, log: ReportLog): Promise<number> {
  let killedAt = -1;
  for (let kills = 0; kills < atMost; kills++) {
    const chunk = await chunkBeyond(killedAt, jobId, log);
    if (chunk === undefined) return kills;
    await chunk.instance.kill();
    killedAt = Math.max(...log.chunks(jobId).map(({ from }) => from));
    log.ended(chunk.instance);
    await chunk.instance.restart();
  }
  return atMost;
}

/** The first chunk seen behind another, just begun; `undefined` where the report has ended. */
async function chunkBeyond(from: number, jobId: string, log: ReportLog): Promise<LoggedChunk | undefined> {
  const deadline = Date.now() + PROGRESS_WITHIN_MS;
  while (Date.now() < deadline) {
    if (log.ends(jobId) > 0) return undefined;
    const newest = log.chunks(jobId).at(-1);
    if (newest !== undefined && newest.from > from) return newest;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`The report ${jobId} did not go on within ${PROGRESS_WITHIN_MS / 1000} s behind its chunk ${from}.`);
}

async function beginReport(instances: readonly LaunchedApp[], years: Record<string, unknown>): Promise<string> {
  const client = await clientOf(instances);
  const { structured, text } = await client.callTool('start_report', years);
  if (typeof structured.jobId !== 'string') throw new Error(`start_report gave no job: ${text}`);
  return structured.jobId;
}

async function endOf(jobId: string, instances: readonly LaunchedApp[]): Promise<unknown> {
  const client = await clientOf(instances);
  const deadline = Date.now() + END_WITHIN_MS;
  while (Date.now() < deadline) {
    const { structured } = await client.callTool('get_job_result', { jobId });
    if (['completed', 'failed', 'cancelled'].includes(String(structured.status))) return structured.status;
    await delay(200);
  }
  throw new Error(`The report ${jobId} did not end within ${END_WITHIN_MS / 1000} s.`);
}

function clientOf([instance]: readonly LaunchedApp[]) {
  if (instance === undefined) throw new Error('A fault run needs an instance.');
  return connectModern({ url: new URL('/mcp', instance.url), fetch });
}

function countedBy(chunks: readonly LoggedChunk[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { from } of chunks) counts.set(from, (counts.get(from) ?? 0) + 1);
  return counts;
}
