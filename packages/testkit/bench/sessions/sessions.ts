import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { askedSessions } from '../../src/sessions/asked-session.ts';
import { gate } from '../../src/sessions/gate.ts';
import { twoInstances } from '../../src/sessions/two-instances.ts';

/**
 * `pnpm bench:sessions [--sessions n]`: sessions of the 2025 era on two instances of apps/node and one Redis, all at once,
 * each with a question that one instance asks and whose reply comes to the other. Prints how long it takes from the reply to
 * the result of the call, beside a plain call of a tool in the same sessions. The exit code is 1 where a result is not that
 * of its session.
 */
const SESSIONS = '200';
/** How long the user of each thinks: who waits looks less and less often. */
const THINKING_SECONDS = [0, 5];

function line(what: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(0)} ms`.padStart(8);
  return `  ${what.padEnd(44)} p50 ${at(0.5)}   p95 ${at(0.95)}\n`;
}

const { values } = parseArgs({ options: { sessions: { type: 'string', default: SESSIONS } } });
const count = z.coerce.number().int().min(1).max(1_000).parse(values.sessions);
const { urls, stop } = await twoInstances();
const sessions = await askedSessions(count, urls);
const plain = async () => Promise.all(sessions.map((session) => session.plainCall()));
await plain();
const plainTimes = await plain();
process.stdout.write(`${count} sessions at once on two instances and one Redis\n${line('a plain call', plainTimes)}`);
let wrong = 0;
for (const seconds of THINKING_SECONDS) {
  const questions = gate(count);
  const calls = Promise.all(sessions.map((session) => session.ask(questions)));
  await questions.full;
  await delay(seconds * 1000);
  questions.open();
  const asked = (await calls).map((call, index) => ({
    time: call.tookMs,
    plain: plainTimes[index] ?? 0,
    isRight: call.answeredBy === sessions[index]?.user,
  }));
  const right = asked.filter(({ isRight }) => isRight);
  wrong += count - right.length;
  const took = right.map(({ time }) => time);
  const added = right.map(({ time, plain }) => time - plain);
  process.stdout.write(
    line(`reply -> result, after ${seconds} s of thinking`, took) + line('  beyond a plain call', added),
  );
}
process.stdout.write(`  results that were not those of their session: ${wrong}\n`);

await Promise.all(sessions.map((session) => session.close()));
await stop();
if (wrong > 0) process.exit(1);
