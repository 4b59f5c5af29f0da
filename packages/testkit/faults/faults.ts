import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { redisIsInstalled } from '../src/engines/redis.ts';
import { FAULT_RUNS, type FaultRun } from '../src/faults/fault-runs.ts';

/**
 * `pnpm faults [words …]`: does to running servers what goes wrong with them, on the real engines, and prints what came
 * of it. Words choose the runs that have one of them in their name. The exit code is 1 where something does not hold.
 */
await startProcess(async () => {
  const words = process.argv.slice(2);
  const chosen = FAULT_RUNS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    throw new Error(`No run has any of these words: ${words.join(', ')}. The runs:\n${names(FAULT_RUNS)}`);
  }
  const onRedis = chosen.filter(({ needsRedis }) => needsRedis);
  if (onRedis.length > 0 && !(await redisIsInstalled())) {
    throw new Error(`There is no redis-server on this machine, and these runs need one:\n${names(onRedis)}`);
  }
  // What is killed waits most of its time until it is taken for dead.
  const [waiting, measuring] = [chosen.filter(({ waits }) => waits), chosen.filter(({ waits }) => !waits)];
  const held = await Promise.all(waiting.map(holds));
  for (const run of measuring) held.push(await holds(run));
  process.exit(held.every(Boolean) ? 0 : 1);
});

async function holds({ name, run }: FaultRun): Promise<boolean> {
  const begun = Date.now();
  const seen = await run('whole').then(
    (text) => ({ text, held: true }),
    (error: unknown) => ({ text: String(error), held: false }),
  );
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  process.stdout.write(`${seen.held ? 'held  ' : 'BROKEN'}  ${name} (${seconds} s)\n        ${seen.text}\n`);
  return seen.held;
}

function names(runs: readonly FaultRun[]): string {
  return runs.map(({ name }) => `  ${name}`).join('\n');
}
