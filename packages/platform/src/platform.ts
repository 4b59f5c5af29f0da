import type { EnvironmentSource } from './env/environment.ts';
import type { EventBus } from './events/event-bus.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { Network } from './network/network.ts';
import type { AtomicStore, KeyValueStore } from './state/store.ts';
import type { Runtime, Target } from './target.ts';

/**
 * All that an app brings: where it runs, and the engines it runs on. `createServer(surface, platform)` joins it with
 * what is served.
 */
export interface Platform {
  readonly target: Target;
  readonly runtime: Runtime;
  /** Where the platform says this instance is (an AWS region, a Deno region, …); absent where it does not say. */
  readonly region?: string;
  /**
   * How long this deployment's platform lets a request run, in milliseconds, where it was configured otherwise than the
   * limits table says.
   */
  readonly wallTimeMs?: number;
  /** Environment variables and secrets, as the runtime hands them over; read once, when the server is created. */
  readonly environment: EnvironmentSource;
  /** What tools remember between requests. Its type refuses an eventually consistent engine. */
  readonly state: AtomicStore;
  /** What may be stale or lost without harm (fetched pages). May be the same engine as `state`. */
  readonly cache: KeyValueStore;
  readonly network: Network;
  /** What delivers jobs; without one a job is worked on whenever somebody asks for it. */
  readonly jobs?: JobQueue;
  /** What tells the clients that listen of changes; without one nobody can listen. */
  readonly events?: EventBus;
}
