import type { Call } from '../context/tool-context.ts';
import { REFUSED, type Refusal, refusalResponse } from '../protocol/rpc-error.ts';
import type { Service } from '../protocol/service.ts';
import { type EventStream, eventStream } from './event-stream.ts';
import { type LoggedEvent, placeOf, type ReplayLog, STANDALONE } from './replay-log.ts';
import type { Sessions } from './sessions.ts';
import { waitFor } from './wait-for.ts';

/** Of an answer that another instance is still writing. */
const LOOKS = { firstMs: 50, atMostMs: 1_000 };

const NOT_EVENTS: Refusal = {
  status: 406,
  code: REFUSED,
  message: 'Not acceptable: a GET opens a stream, so send Accept: text/event-stream.',
};

const BEYOND: Refusal = {
  status: 400,
  code: REFUSED,
  message:
    'Bad request: Last-Event-ID is no event of this session, or is too old to be resumed from (10 minutes, 256 events). Send the request again.',
};

/** The streams that a client of the 2025 era opens by GET: to be told of changes, or to resume one that broke off. */
export interface SessionStreams {
  open(request: Request, sessionId: string, call: Call): Promise<Response>;
  /** Ends all of them: clients open them again elsewhere. */
  end(): void;
}

export function sessionStreams(service: Service, sessions: Sessions): SessionStreams {
  const open = new Set<EventStream>();

  const opened = (sessionId: string) => {
    const stream = eventStream(sessionId);
    open.add(stream);
    stream.over.addEventListener('abort', () => open.delete(stream));
    return stream;
  };

  /** Tells of what the client has subscribed to, from now on. */
  async function standalone(sessionId: string, missed: Missed | undefined, call: Call): Promise<Response> {
    const { listening } = service;
    if (!listening.held) return refusalResponse(notHeld(listening.because), undefined);
    const log = sessions.logOf(sessionId);
    const stream = opened(sessionId);
    const streamId = missed?.streamId ?? `${STANDALONE}${crypto.randomUUID()}`;
    const write = log.writer(streamId, missed?.next);
    const tell = async (uri: string) => {
      const session = await sessions.records.load(sessionId, call.principal.id);
      if (session === undefined) return stream.end();
      if (!session.subscriptions.includes(uri)) return;
      const message = { jsonrpc: '2.0' as const, method: 'notifications/resources/updated', params: { uri } };
      stream.send({ id: await write(message), message });
    };
    let last = Promise.resolve();
    const stop = listening.events.subscribe((event) => {
      if (event.kind !== 'resource_updated') return;
      if (event.owner !== undefined && event.owner !== call.principal.id) return;
      last = last.then(() => tell(event.uri)).catch((error: unknown) => failed(stream, error, call));
    });
    stream.over.addEventListener('abort', stop);
    if (listening.forMs !== undefined) {
      const timer = setTimeout(stream.end, listening.forMs - (Date.now() - (call.arrivedAt ?? Date.now())));
      stream.over.addEventListener('abort', () => clearTimeout(timer));
    }
    await stop.ready();
    if (missed === undefined) stream.send({ id: await write({}), message: {} });
    for (const event of missed?.events ?? []) stream.send(event);
    return stream.response;
  }

  /** Sends what is left of the answer to a POST, which this or another instance may still be writing. */
  function resumed(sessionId: string, lastEventId: string, missed: Missed, call: Call): Response {
    const stream = opened(sessionId);
    const follow = async () => {
      let reached = lastEventId;
      let events: readonly LoggedEvent[] | undefined = missed.events;
      while (events !== undefined) {
        for (const event of events) stream.send(event);
        reached = events.at(-1)?.id ?? reached;
        if (events.some(isAnswer)) break;
        events = await waitFor(LOOKS, stream.over, () => news(sessions.logOf(sessionId), reached));
      }
      stream.end();
    };
    follow().catch((error: unknown) => failed(stream, error, call));
    return stream.response;
  }

  const failed = (stream: EventStream, error: unknown, { requestId }: Call) => {
    service.log.warn('A stream of a session failed', { requestId, error });
    stream.end();
  };

  return {
    async open(request, sessionId, call) {
      if (!request.headers.get('accept')?.includes('text/event-stream')) return refusalResponse(NOT_EVENTS, undefined);
      const lastEventId = request.headers.get('last-event-id');
      if (lastEventId === null) return standalone(sessionId, undefined, call);
      const events = await sessions.logOf(sessionId).after(lastEventId);
      if (events === undefined) return refusalResponse(BEYOND, undefined);
      const { streamId, index } = placeOf(lastEventId);
      const missed = { streamId, events, next: index + 1 + events.length };
      return streamId.startsWith(STANDALONE)
        ? standalone(sessionId, missed, call)
        : resumed(sessionId, lastEventId, missed, call);
    },
    end() {
      for (const stream of open) stream.end();
    },
  };
}

/** What a client has missed of a stream, and where that goes on. */
interface Missed {
  readonly streamId: string;
  readonly events: readonly LoggedEvent[];
  readonly next: number;
}

async function news(log: ReplayLog, lastEventId: string): Promise<readonly LoggedEvent[] | undefined> {
  const events = await log.after(lastEventId);
  return events === undefined || events.length > 0 ? (events ?? []) : undefined;
}

function isAnswer({ message }: LoggedEvent): boolean {
  return Object.hasOwn(message, 'result') || Object.hasOwn(message, 'error');
}

function notHeld(because: string): Refusal {
  return {
    status: 405,
    code: REFUSED,
    message: `Method not allowed: no stream can be held here, because ${because}. Ask again for what you wait for.`,
    headers: { allow: 'POST, DELETE' },
  };
}
