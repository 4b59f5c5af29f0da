import { Agent } from 'node:http';
import { legacy, modern } from '../clients/wire.ts';
import type { LaunchedApp } from '../launch.ts';
import { KNOWN_RECORD } from '../suite/catalogue-facts.ts';
import type { Site } from '../suite/site.ts';
import { exchange, type Outcome } from './exchange.ts';
import { described, type FuzzMessage, unchanged } from './fuzz-message.ts';
import { judge, type Secrets } from './judge.ts';
import { messagesOf } from './messages.ts';
import { tidyAfter } from './tidy.ts';
import { worldOn } from './world.ts';

/** So many are on their way together. */
const AT_ONCE = 8;
/** More would say the same over and over. */
const MAX_PROBLEMS = 20;

const call = { name: 'lookup_record', arguments: { id: KNOWN_RECORD } };
const ID = 'asked-in-between';
const PLAIN_CALL = unchanged(modern('tools/call', call, { id: ID }));
const PLAIN_LIST = unchanged(modern('tools/list', {}, { id: ID }));
const PLAIN_LEGACY_CALL = unchanged(legacy('tools/call', call, { id: ID }));

export interface FuzzSubject {
  readonly instance: LaunchedApp;
  readonly site: Site;
  readonly sessions: boolean;
  readonly secrets: Secrets;
}

/** What came of a round. */
export interface FuzzRound {
  /** How many answers there were of each kind, by status or outcome. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/**
 * Sends a round of messages, eight at once, and after each eighth a plain call, which has to be answered as ever.
 *
 * @param seed decides all messages of the round
 */
export async function fuzzRound(subject: FuzzSubject, seed: number, count: number): Promise<FuzzRound> {
  const { instance, site, sessions, secrets } = subject;
  const messages = messagesOf(await worldOn(instance, site, sessions), seed, count).entries();
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * AT_ONCE });
  const outcomes = new Map<string, number>();
  const problems: string[] = [];
  let latest: FuzzMessage[] = [];
  // Where there are sessions, a legacy message that names none is refused.
  const plain = sessions ? [PLAIN_CALL, PLAIN_LIST] : [PLAIN_CALL, PLAIN_LIST, PLAIN_LEGACY_CALL];

  const send = (message: FuzzMessage) => exchange(instance.url, message, agent);
  const sendAndJudge = async (message: FuzzMessage) => {
    latest = [...latest.slice(-AT_ONCE), message];
    const outcome = await send(message);
    const kind = outcome.kind === 'answer' ? String(outcome.status) : outcome.kind;
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    const problem = judge(message, outcome, secrets);
    if (problem !== undefined) problems.push(`${problem}\n  ${described(message)}`);
    await tidyAfter(message, outcome, send);
  };
  const sender = async () => {
    for (const [index, message] of messages) {
      if (problems.length >= MAX_PROBLEMS) return;
      await sendAndJudge(message);
      if (index % AT_ONCE !== 0) continue;
      const asked = plain[(index / AT_ONCE) % plain.length] ?? PLAIN_CALL;
      const unwell = unlessAsEver(asked, await send(asked));
      if (unwell !== undefined) problems.push(`${unwell}, after\n  ${latest.map(described).join('\n  ')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  agent.destroy();
  return { outcomes, problems };
}

/** What is wrong with what comes of a plain call, if anything is. */
function unlessAsEver(plain: FuzzMessage, outcome: Outcome): string | undefined {
  // The record's id is in the list, too: as the example of one.
  const isAsEver =
    outcome.kind === 'answer' &&
    outcome.status === 200 &&
    outcome.body.includes(KNOWN_RECORD) &&
    outcome.body.includes(ID);
  return isAsEver ? undefined : `of ${described(plain)} comes ${JSON.stringify(outcome).slice(0, 500)}`;
}
