import type { Refusal } from './rpc-error.ts';

/**
 * How often a silent stream says that it is alive: what stands in between cuts one off after a minute or more, and there are
 * runtimes that notice only by writing that the client has left.
 */
export const KEEP_ALIVE_MS = 15_000;

/** How many streams of a kind one instance holds. */
export const MAX_STREAMS = 1024;

/** What is refused beyond {@link MAX_STREAMS}. */
export const FULL: Refusal = {
  status: 503,
  code: -32_603,
  message: `This server holds ${MAX_STREAMS} streams, as many as it may. Listen again in a moment.`,
};
