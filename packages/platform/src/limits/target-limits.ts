/**
 * A figure in the unit its name ends in, or why there is none: the platform sets no limit, the operator sets it, or
 * the platform does not say.
 */
export type Limit = number | 'none' | 'configurable' | 'unpublished';

interface Cited {
  /** The platform's page that says so. */
  readonly source: `https://${string}`;
  /** When the page was read: year and month. */
  readonly retrieved: string;
  /** What the value alone does not say. */
  readonly note?: string;
}

/** What holds without doing anything on the cheapest plan, and what can be had. */
export interface Figure extends Cited {
  readonly default: Limit;
  readonly maximum: Limit;
  /** The plan or setting that `maximum` takes, where it differs from `default`. */
  readonly maximumNeeds?: string;
}

/** How the handler learns that the client has gone. */
export interface Disconnect extends Cited {
  /** `signal`: `request.signal` fires; `stream`: the response stream is cancelled; `never`: bound every long stream. */
  readonly seenAs: 'signal' | 'stream' | 'never';
}

/** Whether a client may listen on the target: what it listens on is one response that goes on for as long. */
type Listening = { readonly because: string } & (
  | { readonly held: 'while the client stays' }
  /** The server ends the response before the platform would, at the latest after this, and the client listens again. */
  | { readonly held: 'for a while'; readonly atMostMs: number }
  | { readonly held: 'not at all' }
);

/**
 * Whether the HTTP+SSE transport of 2024-11-05 can be served. Its session is the stream that a process holds, so that every
 * message has to come to that very process.
 */
type HttpSse = { readonly because: string; readonly served: 'yes' | 'on a machine of your own' | 'no' };

/** What one target allows a request. Times are wall time in milliseconds; a body's size is in bytes. */
export interface TargetLimits {
  /** What is deployed to, in the platform's words. */
  readonly product: string;
  /** From the request to the end of a response that is not streamed. */
  readonly wallTimeMs: Figure;
  readonly cpuTimeMs: Figure;
  readonly memoryMiB: Figure;
  readonly requestBodyBytes: Figure;
  /** Of a response that is not streamed; `maximum` may ask for streaming. */
  readonly responseBodyBytes: Figure;
  /** How long a streamed response may last; the note says how it is streamed. */
  readonly streamMs: Figure;
  /** How long a connection or stream may be silent. */
  readonly idleMs: Figure;
  /** How long work may go on in the same invocation after the response; 0: not at all. */
  readonly backgroundMs: Figure;
  /** How long one run of a job may take, started by what the target has for work outside of requests. */
  readonly jobMs: Figure;
  readonly disconnect: Disconnect;
  /** Decided by the figures above. */
  readonly listening: Listening;
  readonly httpSse: HttpSse;
}

/** Read in this month; two sources that differ are noted where they do, and the newer one holds. */
const RETRIEVED = '2026-11';

type Extra = Partial<Pick<Figure, 'maximum' | 'maximumNeeds' | 'note'>>;

/** A figure of the page `source`; without `maximum` there is no more to be had. */
export function figure(source: Cited['source'], value: Limit, extra: Extra = {}): Figure {
  return { default: value, maximum: value, ...extra, source, retrieved: RETRIEVED };
}

/** How `source` says a disconnect is seen. */
export function disconnect(source: Cited['source'], seenAs: Disconnect['seenAs'], note: string): Disconnect {
  return { seenAs, note, source, retrieved: RETRIEVED };
}
