import { BusUnavailable } from '@mcp-everywhere/platform/events';
import { StoreUnavailable, ValueTooLarge } from '@mcp-everywhere/platform/state';
import type { RequestId } from '@modelcontextprotocol/server';
import { MAX_STREAMS } from '../protocol/held-streams.ts';
import { REFUSED, type Refusal, refusalResponse, TOO_DEEP } from '../protocol/rpc-error.ts';
import { SessionBusy } from './session-store.ts';

/** As many messages of one POST as the SDK takes: each may cost a write. */
export const MAX_BATCH = 100;
/** What a client says of itself lies in the store for as long as its session, and is read with every request. */
export const MAX_INITIALIZE_LENGTH = 64 * 1024;

export const MISSING: Refusal = {
  status: 400,
  code: REFUSED,
  message:
    'Bad request: send the Mcp-Session-Id that the answer to initialize brought. To begin a session, send initialize.',
};

/** The same for all that is not there for this caller, so that nobody learns of other people's sessions. */
export const UNKNOWN: Refusal = {
  status: 404,
  code: -32_001,
  message: 'Session not found: it is unknown, has ended or has expired. Begin a new one with initialize.',
};

export const BATCH_TOO_LARGE: Refusal = {
  status: 400,
  code: -32_600,
  message: `Invalid request: a batch has at most ${MAX_BATCH} messages. Send the rest in another.`,
};

export const TALKATIVE: Refusal = {
  status: 400,
  code: -32_602,
  message: `Invalid params: what initialize says of a client has at most ${MAX_INITIALIZE_LENGTH} characters. Leave icons and the like out.`,
};

export const NOT_ALLOWED: Refusal = {
  status: 405,
  code: REFUSED,
  message: 'Method not allowed: send messages by POST, open a stream by GET, end the session by DELETE.',
  headers: { allow: 'GET, POST, DELETE' },
};

export const MALFORMED: Refusal = {
  status: 400,
  code: -32_602,
  message:
    'Invalid params: initialize has to name a protocolVersion, the capabilities of the client, and its clientInfo (name, version).',
};

export const BEYOND: Refusal = {
  status: 400,
  code: REFUSED,
  message:
    'Bad request: Last-Event-ID is no event of this session, or is too old to be resumed from (10 minutes, 256 events). Send the request again.',
};

export const OVER: Refusal = {
  status: 400,
  code: REFUSED,
  message:
    'Bad request: the stream of Last-Event-ID has ended, and nothing follows. Where its answer is missing, send the request again.',
};

/** How many streams of one session an instance holds: one tells of changes, and each that broke off is resumed. */
export const MAX_STREAMS_OF_SESSION = 16;

export const CROWDED: Refusal = {
  status: 429,
  code: REFUSED,
  message: `Too many requests: this session has ${MAX_STREAMS_OF_SESSION} streams open here, as many as it may. Close some.`,
};

/**
 * A call in a session goes on when its client has left, which may resume its stream: so nothing else bounds how many there are,
 * and each holds a server of its own, and may ask the store every second for ten minutes.
 */
export const BUSY: Refusal = {
  status: 503,
  code: -32_603,
  message: `This server answers ${MAX_STREAMS} requests in sessions, as many as it may at once. Send it again in a moment.`,
};

/**
 * An engine that is down is no fault of the client's: it may send the same again. What a session keeps is written down, which
 * overflows the stack where it is nested too deeply.
 */
export async function orRefusal(answer: () => Promise<Response>, id: RequestId | undefined): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ValueTooLarge) {
      return refusalResponse({ status: 413, code: REFUSED, message: `Reply too large: ${error.message}` }, id);
    }
    if (error instanceof RangeError) return refusalResponse(TOO_DEEP, id);
    if (!(error instanceof StoreUnavailable || error instanceof BusUnavailable || error instanceof SessionBusy)) {
      throw error;
    }
    return refusalResponse({ status: 503, code: -32_603, message: error.message }, id);
  }
}
