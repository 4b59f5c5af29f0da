import type { EventBus } from '@mcp-everywhere/platform/events';
import type { Deadline } from '@mcp-everywhere/platform/limits';
import type { Logger } from '@mcp-everywhere/tools';
import type { ContextFactory } from '../context/tool-context.ts';
import type { JobService } from '../jobs/job-service.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { CacheHint } from '../surface/cache-hints.ts';
import type { Registry } from '../surface/registry.ts';
import type { RequestStateKeys } from './request-state-keys.ts';

/** Whether clients may listen, for how long (in milliseconds; `undefined`: while they stay), and what they are told by. */
export type Listening =
  | { readonly held: true; readonly forMs: number | undefined; readonly events: EventBus }
  | { readonly held: false; readonly because: string };

/** What answers requests, whichever way they came in: the compiled surface, and what its tools run on. */
export interface Service {
  readonly registry: Registry;
  readonly contextOf: ContextFactory;
  readonly jobs: JobService;
  /** How long a tool may run, where the target ends requests by itself. */
  readonly deadline: Deadline | undefined;
  readonly requestStateKeys: RequestStateKeys;
  /** What clients may do with the answers that show the surface. */
  readonly surfaceHint: CacheHint;
  /** Absent where the 2025 era is served without them. */
  readonly sessions?: Sessions;
  readonly listening: Listening;
  readonly log: Logger;
}
