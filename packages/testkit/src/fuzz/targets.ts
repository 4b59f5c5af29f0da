import type { App } from '../apps/app.ts';
import { cloudflareApp } from '../apps/cloudflare.ts';
import { nodeApp } from '../apps/node.ts';

/** An app that is fuzzed. */
export interface FuzzTarget {
  readonly app: App;
  /** What its runtime keeps in memory of each file of SQLite in its state, in bytes: that is no leak of the server's. */
  readonly bytesPerFile: number;
}

/**
 * Of each value that is stored there is a Durable Object. Of each, the local workerd keeps this much as long as its alarm is
 * due, which is when the value expires: measured over 1,200 calls that store a value, with two minutes of rest after each
 * 400; calls that store nothing leave the size as it is.
 */
const DURABLE_OBJECT_BYTES = 75_000;

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  { app: nodeApp, bytesPerFile: 0 },
  { app: cloudflareApp, bytesPerFile: DURABLE_OBJECT_BYTES },
];
