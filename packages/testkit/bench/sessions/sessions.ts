import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { nodeApp } from '../../src/apps/node.ts';
import { instanceAt, inTurn } from '../../src/clients/in-turn.ts';
import { startRedis } from '../../src/engines/redis.ts';
import { launch } from '../../src/launch.ts';

/**
 * `pnpm bench:sessions [--sessions n]`: sessions of the 2025 era on two instances of apps/node and one Redis, all at once,
 * each with a question that one instance asks and whose reply comes to the other. Prints how long it takes from the reply to
 * the result of the call, beside a plain call of a tool in the same sessions. The exit code is 1 where a result is not that
 * of its session.
 */
const SESSIONS = '200';
/** How long the user of each thinks: who waits looks less and less often. */
const THINKING_SECONDS = [0, 5];
const ENDPOINT = new URL('http://localhost/mcp');

const declined = z.object({ structuredContent: z.object({ recordId: z.string(), withdrawn: z.literal(false) }) });
const found = z.object({
  structuredContent: z.object({ records: z.array(z.object({ id: z.string() })), searchId: z.string().optional() }),
});

/** Opens when so many have come, and somebody lets them go. */
function gate(expected: number) {
  const all = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  let come = 0;
  return {
    full: all.promise,
    open: open.resolve,
    async pass() {
      come += 1;
      if (come === expected) all.resolve();
      await open.promise;
    },
  };
}

type Gate = ReturnType<typeof gate>;

/** A client whose session begins on one instance, and whose replies go to the other. */
async function connected(origins: readonly [asks: string, takes: string]) {
  const [asks, takes] = origins.map(instanceAt);
  let instance = asks;
  let waiting: Gate | undefined;
  let repliedAt = Number.NaN;
  const toInstance = inTurn([
    (request) => {
      if (instance === undefined) throw new TypeError('There is no instance');
      return instance(request);
    },
  ]);
  const client = new Client({ name: 'testkit-bench', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => {
    await waiting?.pass();
    instance = takes;
    repliedAt = performance.now();
    return { action: 'decline' };
  });
  await client.connect(new StreamableHTTPClientTransport(ENDPOINT, { fetch: toInstance }));
  return {
    client,
    async plainCall(): Promise<number> {
      const calledAt = performance.now();
      await client.callTool({ name: 'runtime_info', arguments: {} });
      return performance.now() - calledAt;
    },
    /** From the reply to the result, in milliseconds; `undefined` where the result is not that of this call. */
    async askingCall(recordId: string, questions: Gate): Promise<number | undefined> {
      waiting = questions;
      instance = asks;
      const result = await client.callTool({ name: 'withdraw_record', arguments: { recordId } });
      const took = performance.now() - repliedAt;
      return declined.safeParse(result).data?.structuredContent.recordId === recordId ? took : undefined;
    },
  };
}

/** As many books, over and over where there are not so many. */
async function books(client: Client, count: number): Promise<string[]> {
  const ids: string[] = [];
  const result = found.parse(await client.callTool({ name: 'search_records', arguments: { limit: 20 } }));
  const { records } = result.structuredContent;
  while (ids.length < count) ids.push(...records.map(({ id }) => id));
  return ids.slice(0, count);
}

function line(what: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(0)} ms`.padStart(8);
  return `  ${what.padEnd(44)} p50 ${at(0.5)}   p95 ${at(0.95)}\n`;
}

const { values } = parseArgs({ options: { sessions: { type: 'string', default: SESSIONS } } });
const count = z.coerce.number().int().min(1).max(1_000).parse(values.sessions);
const stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-bench-sessions-'));
const redis = await startRedis();
const options = { stateDirectory, settings: { REDIS_URL: redis.url, MCP_SESSIONS: 'on' } };
const [one, other] = [await launch(nodeApp, options), await launch(nodeApp, options)];

const clients = await Promise.all(
  Array.from({ length: count }, (_, index) => connected(index % 2 === 0 ? [one.url, other.url] : [other.url, one.url])),
);
const [first] = clients;
const ids = first === undefined ? [] : await books(first.client, count);
const plain = async () => Promise.all(clients.map((client) => client.plainCall()));
await plain();
const plainTimes = await plain();
process.stdout.write(`${count} sessions at once on two instances and one Redis\n${line('a plain call', plainTimes)}`);
let wrong = 0;
for (const seconds of THINKING_SECONDS) {
  const questions = gate(count);
  const calls = Promise.all(clients.map((client, index) => client.askingCall(ids[index] ?? '', questions)));
  await questions.full;
  await delay(seconds * 1000);
  questions.open();
  const times = await calls;
  const right = times.flatMap((time, index) => (time === undefined ? [] : [{ time, plain: plainTimes[index] ?? 0 }]));
  wrong += count - right.length;
  const took = right.map(({ time }) => time);
  const added = right.map(({ time, plain }) => time - plain);
  process.stdout.write(
    line(`reply -> result, after ${seconds} s of thinking`, took) + line('  beyond a plain call', added),
  );
}
process.stdout.write(`  results that were not those of their session: ${wrong}\n`);

await Promise.all(clients.map(({ client }) => client.close()));
await Promise.all([one.stop(), other.stop()]);
await redis.stop();
await rm(stateDirectory, { recursive: true, force: true });
if (wrong > 0) process.exit(1);
