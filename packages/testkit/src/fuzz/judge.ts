import { isSpecType } from '@modelcontextprotocol/client';
import { messageOf } from '../clients/wire.ts';
import { STACK_TRACE } from '../suite/refusal.ts';
import { ANSWER_WITHIN_MS, type Outcome } from './exchange.ts';
import { breaksFraming, type FuzzMessage } from './fuzz-message.ts';

/** Texts of this machine and of the server's configuration, that are in no answer. */
export type Secrets = readonly string[];

/** What is wrong with what came of a message; `undefined` where nothing is. */
export function judge(message: FuzzMessage, outcome: Outcome, secrets: Secrets): string | undefined {
  switch (outcome.kind) {
    case 'left':
      return undefined;
    case 'hang':
      return outcome.status === undefined
        ? `no answer within ${ANSWER_WITHIN_MS} ms`
        : `an answer of status ${outcome.status} that did not end within ${ANSWER_WITHIN_MS} ms`;
    case 'broken':
      return breaksFraming(message) ? undefined : `the connection ended without an answer (${outcome.code})`;
    default:
      return problemOf(message, outcome, secrets);
  }
}

function problemOf(
  message: FuzzMessage,
  { status, headers, body }: Extract<Outcome, { kind: 'answer' }>,
  secrets: Secrets,
): string | undefined {
  if (status >= 500) return `status ${status}: ${body.slice(0, 300)}`;
  const all = `${JSON.stringify(headers)}\n${body}`;
  if (STACK_TRACE.test(all)) return `a stack trace: ${STACK_TRACE.exec(all)?.[0]}`;
  const told = secrets.find((secret) => all.includes(secret));
  if (told !== undefined) return `it tells "${told}"`;
  if (message.path !== '/mcp' || message.method === 'HEAD' || refusedByRuntime(message, status)) return undefined;
  if (status >= 400)
    return isError(body) ? undefined : `status ${status} without a JSON-RPC error: ${body.slice(0, 300)}`;
  if (status === 202) return body === '' ? undefined : `status 202 with a body: ${body.slice(0, 300)}`;
  return status === 200 && message.method === 'POST' ? unlessMessages(body) : undefined;
}

function unlessMessages(body: string): string | undefined {
  try {
    const message = messageOf(body);
    // A stream that stays open has told nothing yet.
    return message === null || isSpecType.JSONRPCMessage(message) || isBatch(message)
      ? undefined
      : `no JSON-RPC message: ${body.slice(0, 300)}`;
  } catch {
    return `no JSON: ${body.slice(0, 300)}`;
  }
}

function isBatch(message: unknown): boolean {
  return Array.isArray(message) && message.every((part) => isSpecType.JSONRPCMessage(part));
}

function isError(body: string): boolean {
  try {
    return isSpecType.JSONRPCErrorResponse(JSON.parse(body));
  } catch {
    return false;
  }
}

/** The runtime's HTTP parser refuses these before there is a server to ask: headers beyond its size, and its framing. */
function refusedByRuntime(message: FuzzMessage, status: number): boolean {
  return status === 431 || (status === 400 && breaksFraming(message));
}
