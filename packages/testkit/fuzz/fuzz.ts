import { parseArgs } from 'node:util';
import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { fuzzOver } from '../src/fuzz/fuzz-run.ts';
import { FUZZ_TARGETS, type FuzzTarget } from '../src/fuzz/targets.ts';

const ROUNDS = 11;
const MESSAGES = 22_000;

/**
 * `pnpm fuzz [target…] [--messages n] [--seed n]`: sends generated and mutated messages of both eras to apps as they really
 * run, with sessions off and on, and prints what came of them. A seed brings the same messages again. The exit code is 1
 * where a server fails (5xx), hangs, tells what it must not, or grows.
 */
await startProcess(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { messages: { type: 'string' }, seed: { type: 'string' } },
  });
  const names = FUZZ_TARGETS.map(({ app }) => app.name);
  const unknown = positionals.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. There are ${names.join(', ')}.`);
  const seed = whole('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const messagesPerRound = Math.ceil((whole('messages', values.messages) ?? MESSAGES) / ROUNDS);
  let held = true;
  for (const target of FUZZ_TARGETS) {
    if (positionals.length > 0 && !positionals.includes(target.app.name)) continue;
    for (const sessions of [false, true]) held = (await holds(target, sessions, seed, messagesPerRound)) && held;
  }
  process.exit(held ? 0 : 1);
});

function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new Error(`--${name} is "${value}": give a whole number, from 1 to 999999999.`);
}

async function holds(target: FuzzTarget, sessions: boolean, seed: number, messagesPerRound: number): Promise<boolean> {
  const name = `${target.app.name}, sessions ${sessions ? 'on' : 'off'}, --seed ${seed}`;
  process.stdout.write(`${name} …\n`);
  const begun = Date.now();
  const report = await fuzzOver({ target, sessions, seed }, ROUNDS, messagesPerRound);
  const { outcomes, problems, heapBefore, heapAfter } = report;
  const sent = [...outcomes].toSorted().map(([kind, count]) => `${count} x ${kind}`);
  const total = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  const grown = Math.min(...heapAfter) - heapBefore > target.mayGrowBy;
  const found = [...problems, ...(grown ? [`it may grow by ${megabytes(target.mayGrowBy)} MB`] : [])];
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  process.stdout.write(
    `  ${total} messages in ${seconds} s: ${sent.join(', ')}\n` +
      `  the heap, in MB: ${megabytes(heapBefore)} after the warm-up, then ${heapAfter.map(megabytes).join(', ')}\n` +
      `${found.map((problem) => `  - ${problem}\n`).join('')}${found.length === 0 ? 'held' : 'BROKEN'}  ${name}\n`,
  );
  return found.length === 0;
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
