/**
 * How often a silent stream says that it is alive: what stands in between cuts one off after a minute or more, and there are
 * runtimes that notice only by writing that the client has left.
 */
export const KEEP_ALIVE_MS = 15_000;
