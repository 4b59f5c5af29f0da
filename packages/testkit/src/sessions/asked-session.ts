import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { callOutcome } from '../clients/client.ts';
import { instanceAt, inTurn } from '../clients/in-turn.ts';
import type { Gate } from './gate.ts';

/** The instance is chosen for every request. */
const ENDPOINT = new URL('http://localhost/mcp');

/** As `test_elicitation` tells what the user said. */
const response = z.object({ content: z.object({ username: z.string() }) });
const RESPONSE = /^User response: (?<answer>.*)$/;

/** What came of a question. */
interface Asked {
  /** Whose answer the tool had; nobody's, where the user declined, or the call failed. */
  readonly answeredBy: string | undefined;
  /** From the reply to the result, in milliseconds. */
  readonly tookMs: number;
}

/** A session of the 2025 era whose user is asked by one instance, and whose reply comes to another. */
interface AskedSession {
  readonly user: string;
  /** Calls a tool that asks nothing, and says how many milliseconds that takes. */
  plainCall(): Promise<number>;
  /** Calls a tool that asks; the user answers what is their own question, and declines another's, once they pass the gate. */
  ask(questions: Gate): Promise<Asked>;
  close(): Promise<void>;
}

/**
 * Connects a client of the 2025 era.
 *
 * @param user a name of their own
 * @param origins of two instances, e.g. `http://127.0.0.1:49152`
 */
async function askedSession(
  user: string,
  origins: { readonly asks: string; readonly takesReply: string },
): Promise<AskedSession> {
  const [asks, takesReply] = [instanceAt(origins.asks), instanceAt(origins.takesReply)];
  const question = `Are you ${user}?`;
  let instance = asks;
  let waiting: Gate | undefined;
  let repliedAt = Number.NaN;
  const client = new Client({ name: 'testkit-sessions', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    await waiting?.pass();
    instance = takesReply;
    repliedAt = performance.now();
    if (params.message !== question) return { action: 'decline' };
    return { action: 'accept', content: { username: user, email: `${user}@example.com` } };
  });
  const toInstance = inTurn([(request) => instance(request)]);
  await client.connect(new StreamableHTTPClientTransport(ENDPOINT, { fetch: toInstance }));
  return {
    user,
    async plainCall() {
      const calledAt = performance.now();
      await client.callTool({ name: 'test_simple_text' });
      return performance.now() - calledAt;
    },
    async ask(questions) {
      waiting = questions;
      instance = asks;
      const result = await client.callTool({ name: 'test_elicitation', arguments: { message: question } });
      const tookMs = performance.now() - repliedAt;
      const answer = RESPONSE.exec(callOutcome(result).text)?.groups?.answer ?? '{}';
      return { answeredBy: response.safeParse(JSON.parse(answer)).data?.content.username, tookMs };
    },
    close: () => client.close(),
  };
}

/** Connects so many, of which each instance asks one half, and takes the replies of the other. */
export async function askedSessions(
  count: number,
  [one, other]: readonly [one: string, other: string],
): Promise<readonly AskedSession[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      askedSession(
        `user-${index}`,
        index % 2 === 0 ? { asks: one, takesReply: other } : { asks: other, takesReply: one },
      ),
    ),
  );
}
