import type { Call } from '../context/tool-context.ts';
import { FULL, MAX_STREAMS } from '../protocol/held-streams.ts';
import { CLOSED, NOT_EVENTS, REFUSED, type Refusal, refusalResponse } from '../protocol/rpc-error.ts';
import type { Service } from '../protocol/service.ts';
import { type EventStream, eventStream } from './event-stream.ts';
import { type Continuation, type ReplayLog, STANDALONE } from './replay-log.ts';
import { BEYOND, CROWDED, MAX_STREAMS_OF_SESSION, OVER } from './session-refusals.ts';
import type { Sessions } from './sessions.ts';
import { waitFor } from './wait-for.ts';

/** Of an answer that another instance is still writing. */
const LOOKS = { firstMs: 50, atMostMs: 1_000 };
/** Whether the session of a stream has ended, elsewhere; to look puts its end off. */
const ALIVE_LOOKS = { firstMs: 15_000, atMostMs: 60_000 };

/** The streams that a client of the 2025 era opens by GET: to be told of changes, or to resume one that broke off. */
export interface SessionStreams {
  open(request: Request, sessionId: string, call: Call): Promise<Response>;
  /** Ends all of them, and refuses further ones: clients open them again elsewhere. */
  end(): void;
}

export function sessionStreams(service: Service, sessions: Sessions): SessionStreams {
  /** Each with its session. */
  const open = new Map<EventStream, string>();
  // Those that are about to be opened count, too.
  let opening = 0;
  let isOver = false;

  const opened = (sessionId: string, call: Call) => {
    const stream = eventStream(sessionId);
    open.set(stream, sessionId);
    stream.over.addEventListener('abort', () => open.delete(stream));
    const { listening } = service;
    if (listening.held && listening.forMs !== undefined) {
      const timer = setTimeout(stream.end, listening.forMs - (Date.now() - (call.arrivedAt ?? Date.now())));
      stream.over.addEventListener('abort', () => clearTimeout(timer));
    }
    return stream;
  };

  /** Tells of what the client has subscribed to, from now on. */
  async function standalone(sessionId: string, missed: Continuation | undefined, call: Call): Promise<Response> {
    const { listening } = service;
    const { id: owner } = call.principal;
    if (!listening.held) return refusalResponse(notHeld(listening.because), undefined);
    // Also where one is resumed: another instance may not have noticed yet that the client has left it.
    const streamId = `${STANDALONE}${crypto.randomUUID()}`;
    const { write } = sessions.logOf(sessionId).writer(streamId);
    // What it is told it is told once, by the stream that was opened last.
    await sessions.records.change(sessionId, owner, () => ({ stream: streamId }));
    if (isOver) return refusalResponse(CLOSED, undefined);
    const stream = opened(sessionId, call);
    const session = async () => {
      const held = await sessions.records.load(sessionId, owner);
      return held?.stream === streamId ? held : undefined;
    };
    const tell = async (which: (uri: string) => boolean) => {
      const held = await session();
      if (held === undefined) return stream.end();
      for (const uri of held.subscriptions.filter(which)) {
        const message = { jsonrpc: '2.0' as const, method: 'notifications/resources/updated', params: { uri } };
        stream.send({ id: await write(message), message });
      }
    };
    let last = Promise.resolve();
    const inTurn = (run: () => Promise<void>) => {
      last = last.then(run).catch((error: unknown) => failed(stream, error, call));
    };
    /** What happened meanwhile nobody knows: each may have changed. */
    const tellOfAll = () => inTurn(() => tell(() => true));

    inTurn(async () => {
      for (const event of missed?.events ?? []) stream.send(event);
      stream.send({ id: await write({}), message: {} });
    });
    const stop = listening.events.subscribe((event) => {
      if (event.kind !== 'resource_updated') return;
      if (event.owner !== undefined && event.owner !== owner) return;
      inTurn(() => tell((uri) => uri === event.uri));
    }, tellOfAll);
    stream.over.addEventListener('abort', stop);
    try {
      await stop.ready();
    } catch (error) {
      stream.end();
      throw error;
    }
    if (missed !== undefined) tellOfAll();
    waitFor(ALIVE_LOOKS, stream.over, async () => ((await session()) === undefined ? true : undefined))
      .then(stream.end)
      .catch((error: unknown) => failed(stream, error, call));
    return stream.response;
  }

  /** Sends what is left of the answer to a POST, which this or another instance may still be writing. */
  function resumed(sessionId: string, lastEventId: string, missed: Continuation, call: Call): Response {
    const stream = opened(sessionId, call);
    const follow = async () => {
      let reached = lastEventId;
      let next: Continuation | undefined = missed;
      while (next !== undefined) {
        for (const event of next.events) stream.send(event);
        reached = next.events.at(-1)?.id ?? reached;
        if (next.isOver) break;
        next = await waitFor(LOOKS, stream.over, () => news(sessions.logOf(sessionId), reached));
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

  async function begun(lastEventId: string | null, sessionId: string, call: Call): Promise<Response> {
    if (lastEventId === null) return standalone(sessionId, undefined, call);
    const missed = await sessions.logOf(sessionId).after(lastEventId);
    if (missed === undefined) return refusalResponse(BEYOND, undefined);
    if (lastEventId.startsWith(STANDALONE)) return standalone(sessionId, missed, call);
    // A client that found such a stream empty would resume it again and again.
    if (missed.isOver && missed.events.length === 0) return refusalResponse(OVER, undefined);
    return isOver ? refusalResponse(CLOSED, undefined) : resumed(sessionId, lastEventId, missed, call);
  }

  return {
    async open(request, sessionId, call) {
      if (!request.headers.get('accept')?.includes('text/event-stream')) return refusalResponse(NOT_EVENTS, undefined);
      if (isOver) return refusalResponse(CLOSED, undefined);
      if (open.size + opening >= MAX_STREAMS) return refusalResponse(FULL, undefined);
      const ofSession = [...open.values()].filter((one) => one === sessionId).length;
      if (ofSession >= MAX_STREAMS_OF_SESSION) return refusalResponse(CROWDED, undefined);
      opening += 1;
      try {
        return await begun(request.headers.get('last-event-id'), sessionId, call);
      } finally {
        opening -= 1;
      }
    },
    end() {
      isOver = true;
      for (const stream of open.keys()) stream.end();
    },
  };
}

/** What has been written behind an event meanwhile; where that is no longer kept, nothing more will be. */
async function news(log: ReplayLog, lastEventId: string): Promise<Continuation | undefined> {
  const next = await log.after(lastEventId);
  if (next === undefined) return { events: [], isOver: true };
  return next.events.length > 0 || next.isOver ? next : undefined;
}

function notHeld(because: string): Refusal {
  return {
    status: 405,
    code: REFUSED,
    message: `Method not allowed: no stream can be held here, because ${because}. Ask again for what you wait for.`,
    headers: { allow: 'POST, DELETE' },
  };
}
