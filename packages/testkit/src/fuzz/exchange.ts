import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { breaksFraming, type FuzzMessage, textOf } from './fuzz-message.ts';

/** No answer may take longer, nor begin and then not end. */
export const ANSWER_WITHIN_MS = 5_000;
/** What a stream that stays open on purpose has told by then is all that is waited for. */
const LISTEN_MS = 150;

/** What came of a message. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  /** The client left before there was an answer, as it meant to. */
  | { readonly kind: 'left' }
  | { readonly kind: 'hang'; readonly status?: number }
  /** The server closed the connection without an answer. */
  | { readonly kind: 'broken'; readonly code: string };

/** Sends a message, and reads the answer to its end; of a stream that may stay open, what comes at once. */
export function exchange(origin: string, message: FuzzMessage, agent: Agent): Promise<Outcome> {
  const { method, path, headers, body, leavesAfterMs } = message;
  return new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    // Whatever is wrong with its framing must not be taken for a part of the next message.
    const connection = breaksFraming(message) ? false : agent;
    const length =
      body === undefined || 'content-length' in headers ? {} : { 'content-length': String(body.byteLength) };
    const own = 'transfer-encoding' in headers ? {} : length;
    const sent = request({ hostname, port, path, method, headers: { ...headers, ...own }, agent: connection });
    let answer: IncomingMessage | undefined;
    let text = '';
    const finish = (outcome: Outcome) => {
      clearTimeout(late);
      clearTimeout(leaving);
      resolve(outcome);
      sent.destroy();
    };
    const answered = (got: IncomingMessage) =>
      finish({ kind: 'answer', status: got.statusCode ?? 0, headers: got.headers, body: text });
    const late = setTimeout(
      () => finish({ kind: 'hang', ...(answer?.statusCode !== undefined && { status: answer.statusCode }) }),
      ANSWER_WITHIN_MS,
    );
    const leaving = leavesAfterMs === undefined ? undefined : setTimeout(() => finish({ kind: 'left' }), leavesAfterMs);
    sent.on('response', (got) => {
      answer = got;
      got.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      got.on('end', () => {
        clearTimeout(late);
        clearTimeout(leaving);
        resolve({ kind: 'answer', status: got.statusCode ?? 0, headers: got.headers, body: text });
      });
      got.on('error', (error) => finish({ kind: 'broken', code: codeOf(error) }));
      if (mayStayOpen(message, got)) setTimeout(() => answered(got), LISTEN_MS);
    });
    sent.on('error', (error) => finish({ kind: 'broken', code: codeOf(error) }));
    sent.end(body);
  });
}

/** A stream by GET, a subscription, and a call that asks its user. */
function mayStayOpen(message: FuzzMessage, { headers }: IncomingMessage): boolean {
  if (!headers['content-type']?.startsWith('text/event-stream')) return false;
  return message.method === 'GET' || /subscriptions\/listen|withdraw_record/.test(textOf(message));
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
