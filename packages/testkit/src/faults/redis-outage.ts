import { setTimeout as delay } from 'node:timers/promises';
import { connectModern } from '../clients/modern-client.ts';
import type { Engine } from '../engines/engine.ts';
import type { LaunchedApp } from '../launch.ts';
import { reportLog } from './report-log.ts';

const ASK_EVERY_MS = 250;
const END_WITHIN_MS = 180_000;
const ALL = {};

/** What became of reports whose Redis was away for a while in the middle of them. */
export interface RedisOutage {
  readonly reports: number;
  readonly completed: number;
  /** How often the end of a report was recorded, at most: 1 is what it must be. */
  readonly endsRecorded: number;
  /** What calls were answered meanwhile: each must be an error that names the store. */
  readonly answers: readonly string[];
}

/**
 * Stops Redis in the middle of as many reports as there are instances, asks meanwhile, and starts it again.
 *
 * @param redis keeps what it holds on disk
 * @throws {Error} where the reports do not end
 */
export async function stopRedis(redis: Engine, instances: readonly LaunchedApp[], ms: number): Promise<RedisOutage> {
  const log = reportLog(instances);
  const clients = await Promise.all(instances.map(({ url }) => connectModern({ url: new URL('/mcp', url), fetch })));
  const jobs = await Promise.all(
    clients.map(async (client) => String((await client.callTool('start_report', ALL)).structured.jobId)),
  );
  while (jobs.some((jobId) => log.chunks(jobId).length < 2)) await delay(10);

  await redis.stop();
  const back = Date.now() + ms;
  const answers: string[] = [];
  while (Date.now() < back) {
    for (const [index, client] of clients.entries()) {
      const { isError, text } = await client.callTool('get_job_result', { jobId: jobs[index] });
      answers.push(isError ? text : `no error: ${text}`);
    }
    await delay(ASK_EVERY_MS);
  }
  await redis.start();

  const deadline = Date.now() + END_WITHIN_MS;
  while (jobs.some((jobId) => log.ends(jobId) === 0)) {
    if (Date.now() > deadline) throw new Error(`Not all reports ended within ${END_WITHIN_MS / 1000} s of the outage.`);
    await delay(ASK_EVERY_MS);
  }
  const [client] = clients;
  const ended = await Promise.all(jobs.map((jobId) => client?.callTool('get_job_result', { jobId })));
  return {
    reports: jobs.length,
    completed: ended.filter((outcome) => outcome?.structured.status === 'completed').length,
    endsRecorded: Math.max(...jobs.map((jobId) => log.ends(jobId))),
    answers: [...new Set(answers)],
  };
}
