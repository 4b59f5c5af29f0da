import { DurableObject } from 'cloudflare:workers';
import { type Delivery, type JobQueue, jobSender, type RunDelivery } from '../job-queue.ts';

/**
 * How long an alarm works on a job before it leaves the rest to the next one. An object gets 30 s of CPU time an event
 * (https://developers.cloudflare.com/durable-objects/platform/limits/), and whoever uses them up is killed.
 * Between two checkpoints the clock may stand still, so there has to be room for a chunk that takes long.
 */
const ALARM_RUN_MS = 10_000;

/** The platform itself makes six attempts at an alarm that throws, which is two minutes; a store may be down for longer. */
const RETRY_AFTER_MS = 5_000;

const JOB_ID = 'jobId';

/**
 * The object behind one job's delivery: an alarm that is set until there is nothing more to do. Extend it in the Worker's
 * entry, where the server is, and declare that class in `wrangler.jsonc`.
 *
 * @example
 * export class JobObject extends JobAlarm {
 *   protected readonly run: RunDelivery = server.runJob;
 * }
 */
export abstract class JobAlarm extends DurableObject {
  /** To be a field, which calls from outside cannot reach. */
  protected abstract readonly run: RunDelivery;

  async send(jobId: string, delayMs: number): Promise<void> {
    this.ctx.storage.kv.put(JOB_ID, jobId);
    await this.ctx.storage.setAlarm(Date.now() + delayMs);
  }

  /** An alarm never runs beside itself; one whose object was killed is run again by the platform. */
  override async alarm(): Promise<void> {
    const jobId = this.ctx.storage.kv.get<string>(JOB_ID);
    if (jobId === undefined) return;
    const delivery = await this.#delivered(jobId);
    // There is one only where the job was sent anew while it ran (an answer came in): that delivery stands. No other event
    // comes between this and the write, which takes an alarm with it (`deleteAll` from compatibility date 2026-02-24).
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    if (delivery.kind === 'done') await this.ctx.storage.deleteAll();
    else await this.ctx.storage.setAlarm(Date.now() + delivery.afterMs);
  }

  async #delivered(jobId: string): Promise<Delivery> {
    // Not `AbortSignal.timeout`, whose timer would keep the object in memory when the job is done.
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new DOMException('The alarm is over.', 'TimeoutError')), ALARM_RUN_MS);
    try {
      return await this.run(jobId, stop.signal);
    } catch {
      // The store is down.
      return { kind: 'again', afterMs: RETRY_AFTER_MS };
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * A queue of Durable Objects, one for each job: no object is a bottleneck for the others' jobs, and one whose job is done
 * with holds nothing and costs nothing.
 *
 * @example
 * const queue = durableObjectQueue(env.JOBS);
 */
export function durableObjectQueue(namespace: DurableObjectNamespace<JobAlarm>): JobQueue {
  return jobSender('durable-object', (jobId, delayMs) => namespace.getByName(jobId).send(jobId, delayMs));
}
