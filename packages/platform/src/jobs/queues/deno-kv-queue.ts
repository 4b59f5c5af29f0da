import { type Delivery, jobSender, type RunDelivery, type WorkedQueue } from '../job-queue.ts';

/** How long a delivery is hidden while it runs; renewed, so that only an instance that died leaves one hidden. */
const LOCK_MS = 15_000;
const AT_ONCE = 4;
/** More than are taken, because another instance may be quicker with some. */
const LISTED = 2 * AT_ONCE;
/** What failed for want of Deno KV is tried again when that may be back. */
const RETRY_MS = 1_000;
const REJECTED: Delivery = { kind: 'again', afterMs: RETRY_MS };

/** When the delivery is due, and of which job: Deno KV sorts by it, so what is due first comes first. */
type DueKey = ['jobs-due', number, string];

/** A delivery, as it was last written. */
interface Due {
  readonly key: DueKey;
  readonly versionstamp: string;
}

interface KvAtomicOperation {
  check(check: Due): this;
  set(key: DueKey, value: true): this;
  delete(key: DueKey): this;
  commit(): Promise<{ readonly ok: false } | { readonly ok: true; readonly versionstamp: string }>;
}

/** What the queue uses of a `Deno.Kv`. */
interface DenoKv {
  list(
    selector: { prefix: ['jobs-due'] },
    options: { limit: number },
  ): AsyncIterable<{ readonly key: readonly unknown[]; readonly versionstamp: string }>;
  atomic(): KvAtomicOperation;
}

/** A queue in Deno KV, and what runs its deliveries in this process. */
export interface DenoKvQueue extends WorkedQueue {
  /** Takes what is due, and resolves when nothing is and nothing runs here any more: for a cron, which lasts as long. */
  sweep(): Promise<void>;
}

/**
 * A queue in Deno KV: an index of which job is due when. To take a delivery is to move it to when its lock ends, so that an
 * instance that dies leaves it due again, and who looks for what is due never reads what others have taken.
 *
 * @param lookEveryMs how often to look for what others have sent; what this process sends it delivers at once
 *
 * @example
 * const queue = denoKvQueue(await Deno.openKv(), { lookEveryMs: 500 });
 * queue.start(server.runJob, report);
 */
export function denoKvQueue(kv: DenoKv, { lookEveryMs }: { readonly lookEveryMs: number }): DenoKvQueue {
  const running = new Set<Promise<void>>();
  let run: RunDelivery | undefined;
  let report: (error: unknown) => void = () => {};
  let ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking: Promise<void> | undefined;
  let wanted = false;

  /** Makes a delivery due at another time; gives it as it is then, or nothing where somebody else has changed it. */
  async function move(due: Due, at: number): Promise<Due | undefined> {
    const key: DueKey = ['jobs-due', at, due.key[2]];
    const written = await kv.atomic().check(due).delete(due.key).set(key, true).commit();
    return written.ok ? { key, versionstamp: written.versionstamp } : undefined;
  }

  async function deliver(taken: Due, runDelivery: RunDelivery): Promise<void> {
    let held: Due | undefined = taken;
    let renewed: Promise<void> | undefined;
    const renew = async () => {
      held &&= await move(held, Date.now() + LOCK_MS);
    };
    const renewal = setInterval(() => {
      renewed = renew().catch(report);
    }, LOCK_MS / 3);
    const delivery = await runDelivery(taken.key[2], ending.signal).catch(() => REJECTED);
    clearInterval(renewal);
    await renewed;
    // Its lock ran out, and it is another's: what that makes of it counts.
    if (held === undefined) return;
    if (delivery.kind === 'again') await move(held, Date.now() + delivery.afterMs);
    // Where it was sent anew for the very moment that its lock ends, the check fails, and it is delivered once more.
    else await kv.atomic().check(held).delete(held.key).commit();
  }

  /** Runs a delivery where no other instance was quicker to take it. */
  async function begin(due: Due, runDelivery: RunDelivery): Promise<void> {
    const taken = await move(due, Date.now() + LOCK_MS);
    if (taken === undefined) return;
    // Where this fails, the delivery is made again when its lock runs out.
    const ended = deliver(taken, runDelivery)
      .catch(report)
      .then(() => {
        running.delete(ended);
        look();
      });
    running.add(ended);
  }

  /** Takes what is due, as many as may run at once; gives in how many milliseconds there is more to take. */
  async function take(runDelivery: RunDelivery): Promise<number> {
    let listed = 0;
    for await (const { key, versionstamp } of kv.list({ prefix: ['jobs-due'] }, { limit: LISTED })) {
      listed += 1;
      if (!isDueKey(key)) continue;
      const waitMs = key[1] - Date.now();
      if (waitMs > 0) return waitMs;
      // The end of one looks again.
      if (running.size >= AT_ONCE || run === undefined) return lookEveryMs;
      await begin({ key, versionstamp }, runDelivery);
    }
    return listed === LISTED ? 0 : lookEveryMs;
  }

  async function takeAll(): Promise<void> {
    let waitMs = lookEveryMs;
    try {
      while (wanted && run !== undefined) {
        wanted = false;
        waitMs = await take(run);
      }
    } catch (error) {
      report(error);
      waitMs = RETRY_MS;
    }
    looking = undefined;
    if (run === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(Math.max(waitMs, 1), lookEveryMs));
  }

  /** One look at a time: a call meanwhile has that one look once more. A queue that is stopped looks for nothing. */
  function look(): void {
    if (run === undefined) return;
    wanted = true;
    looking ??= takeAll();
  }

  return {
    ...jobSender('deno-kv', async (jobId, delayMs) => {
      await kv
        .atomic()
        .set(['jobs-due', Date.now() + delayMs, jobId], true)
        .commit();
      look();
    }),
    start(runDelivery, onError) {
      run = runDelivery;
      report = onError;
      ending = new AbortController();
      look();
    },
    async sweep() {
      do {
        look();
        await looking;
        await Promise.all(running);
        // The end of the last one looks for more.
      } while (running.size > 0 || looking !== undefined);
    },
    async stop() {
      run = undefined;
      ending.abort();
      clearTimeout(timer);
      await looking;
      await Promise.all(running);
    },
  };
}

function isDueKey(key: readonly unknown[]): key is DueKey {
  return key.length === 3 && typeof key[1] === 'number' && typeof key[2] === 'string';
}
