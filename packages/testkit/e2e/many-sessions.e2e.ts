import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis } from '../src/engines/redis.ts';
import { askedSessions } from '../src/sessions/asked-session.ts';
import { gate } from '../src/sessions/gate.ts';
import { twoInstances } from '../src/sessions/two-instances.ts';

const redisIsThere = await hasRedis();

const SESSIONS = 200;
/** It takes 5 s on an idle machine, and shares two cores with the other lanes. */
const WITHIN_MS = 120_000;

// How long a reply takes is what `pnpm bench:sessions` measures.
describe.skipIf(!redisIsThere)('two hundred sessions at once on two instances of apps/node and one Redis', () => {
  it(
    'are each asked by one instance, answer through the other, and get the result of their own answer',
    async () => {
      const { urls, stop } = await twoInstances();
      onTestFinished(stop, WITHIN_MS);
      for (const url of urls) {
        const health = await (await fetch(`${url}/healthz`)).json();
        expect(health).toMatchObject({ target: 'node', runtime: { name: 'node' } });
      }
      const sessions = await askedSessions(SESSIONS, urls);
      onTestFinished(async () => {
        await Promise.all(sessions.map((session) => session.close()));
      });
      const questions = gate(SESSIONS);
      const calls = Promise.all(sessions.map((session) => session.ask(questions)));
      // Nobody has answered while the last is asked. A call that fails ends the wait.
      await Promise.race([questions.full, calls]);
      questions.open();
      const answeredBy = (await calls).map((call) => call.answeredBy);
      expect(answeredBy).toEqual(sessions.map(({ user }) => user));
    },
    WITHIN_MS,
  );
});
