import { describe, it } from 'vitest';
import { hasRedis } from '../src/engines/redis.ts';
import { FAULT_RUNS } from '../src/faults/fault-runs.ts';

const redisIsThere = await hasRedis();

/** Who was killed is taken for dead after 15 s; then comes the rest of the report. */
const WITHIN_MS = 180_000;

// They wait most of the time: side by side.
describe.concurrent('what goes wrong, in short', () => {
  for (const { name, needsRedis, run } of FAULT_RUNS.filter(({ forms }) => forms.includes('short'))) {
    it.skipIf(needsRedis && !redisIsThere)(name, () => run('short'), WITHIN_MS);
  }
});
