import { LEGACY_REVISION } from '../clients/revisions.ts';
import { modern, post } from '../clients/wire.ts';
import type { Outcome } from './exchange.ts';
import { type FuzzMessage, textOf, unchanged } from './fuzz-message.ts';

/** Sends a message, and gives what comes of it. */
type Send = (message: FuzzMessage) => Promise<Outcome>;

/** What a server asks its client while a call waits. */
const QUESTION = /"method":"(?:elicitation|sampling|roots)\/[a-zA-Z]+"/;

/**
 * Ends what a message began and nobody would end: cancels its job, which computes for seconds, and declines its question,
 * for whose answer a session waits ten minutes.
 */
export async function tidyAfter(message: FuzzMessage, outcome: Outcome, send: Send): Promise<void> {
  if (outcome.kind !== 'answer') return;
  if (textOf(message).includes('start_report')) {
    for (const jobId of new Set(outcome.body.match(/job_[0-9a-f]{32}/g))) {
      await send(unchanged(modern('tools/call', { name: 'cancel_job', arguments: { jobId } }, { id: 1 })));
    }
  }
  const sessionId = message.headers['mcp-session-id'];
  if (sessionId === undefined || !QUESTION.test(outcome.body)) return;
  for (const [, id] of outcome.body.matchAll(/"id":"([0-9a-f-]{36})"/g)) {
    const reply = JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'decline' } });
    const headers = { 'mcp-session-id': sessionId, 'mcp-protocol-version': LEGACY_REVISION };
    await send(unchanged(post(reply, headers)));
  }
}
