import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../apps/app.ts';
import { workspaceRoot } from '../apps/workspace.ts';
import { launch } from '../launch.ts';
import { SECRET } from '../suite/lane.ts';
import { type Site, startSite } from '../suite/site.ts';
import { type FuzzRound, type FuzzSubject, fuzzRound } from './fuzz-rounds.ts';
import type { FuzzTarget } from './targets.ts';

/** A heap takes once what it needs, and keeps it: growth counts from the end of these. */
const WARM_UP_ROUNDS = 3;
/** What is kept for a while comes and goes: what leaks raises the least that is held. */
const LAST_ROUNDS = 3;
/** workerd puts idle Durable Objects away after 10 s. */
const REST_MS = 12_000;

export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly sessions: boolean;
  /** Decides all messages. */
  readonly seed: number;
}

/** Launches an app and sends it one round of messages. */
export function fuzzOnce({ target, sessions, seed }: FuzzOptions, messages: number): Promise<FuzzRound> {
  return withSubject(target.app, sessions, (subject) => fuzzRound(subject, seed, messages));
}

/** What came of several rounds. */
export interface FuzzReport extends FuzzRound {
  /** What the server held when it had rested after the warm-up, in bytes. */
  readonly heapBefore: number;
  /** The same after each of the last rounds. */
  readonly heapAfter: readonly number[];
}

/** Launches an app and sends it rounds of messages; ends with the first round in which something was found. */
export function fuzzOver(options: FuzzOptions, rounds: number, messagesPerRound: number): Promise<FuzzReport> {
  const { target, sessions, seed } = options;
  return withSubject(target.app, sessions, async (subject) => {
    const rested = async () => {
      await delay(REST_MS);
      return target.heapBytes(subject.instance);
    };
    const outcomes = new Map<string, number>();
    const heapAfter: number[] = [];
    let heapBefore = Number.NaN;
    for (let index = 0; index < rounds; index++) {
      const round = await fuzzRound(subject, seed + index, messagesPerRound);
      for (const [kind, count] of round.outcomes) outcomes.set(kind, (outcomes.get(kind) ?? 0) + count);
      if (round.problems.length > 0) return { outcomes, problems: round.problems, heapBefore, heapAfter };
      if (index === WARM_UP_ROUNDS - 1) heapBefore = await rested();
      else if (index >= rounds - LAST_ROUNDS) heapAfter.push(await rested());
    }
    return { outcomes, problems: [], heapBefore, heapAfter };
  });
}

async function withSubject<T>(app: App, sessions: boolean, run: (subject: FuzzSubject) => Promise<T>): Promise<T> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-fuzz-'));
  let site: Site | undefined;
  try {
    site = await startSite();
    const settings = {
      // The only hosts that fetch_page is pointed at.
      FETCH_PAGE_HOSTS: site.hosts.join(','),
      FETCH_PAGE_ALLOW_PRIVATE: '1',
      TESTKIT_SECRET: SECRET,
      MCP_SESSIONS: sessions ? 'on' : 'off',
    };
    const instance = await launch(app, { stateDirectory, settings });
    try {
      return await run({ instance, site, sessions, secrets: [SECRET, workspaceRoot, stateDirectory] });
    } finally {
      await instance.kill();
    }
  } finally {
    await site?.close();
    await rm(stateDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
}
