import * as z from 'zod';
import type { LaunchedApp } from '../launch.ts';

/** A chunk of a report's work, as the log of the instance that began it tells. */
export interface LoggedChunk {
  readonly instance: LaunchedApp;
  /** Its first book. */
  readonly from: number;
}

/** What the logs of some instances tell of reports, over all their starts. */
export interface ReportLog {
  /** The chunks of a report, in the order they were begun. */
  chunks(jobId: string): readonly LoggedChunk[];
  /** How often the end of a report was recorded. */
  ends(jobId: string): number;
  /** To be called when an instance has ended and before it is started again: its log begins anew then. */
  ended(instance: LaunchedApp): void;
}

const chunkBegun = z.object({ message: z.templateLiteral(['Comparing the books from ', z.number(), ' on']) });
const chunkEvent = chunkBegun.extend({ requestId: z.string(), from: z.number() });
const endEvent = z.object({ jobId: z.string(), status: z.string(), queue: z.string() });

/** Reads what the instances have logged so far whenever it is asked. */
export function reportLog(instances: readonly LaunchedApp[]): ReportLog {
  const chunks = new Map<string, LoggedChunk[]>();
  const ends = new Map<string, number>();
  const offsets = new Map<LaunchedApp, number>();

  const readOf = (instance: LaunchedApp) => {
    const offset = offsets.get(instance) ?? 0;
    const unread = instance.log().slice(offset);
    const whole = unread.slice(0, unread.lastIndexOf('\n') + 1);
    offsets.set(instance, offset + whole.length);
    for (const line of whole.split('\n')) {
      const event = eventOf(line);
      const begun = chunkEvent.safeParse(event).data;
      if (begun !== undefined) append(chunks, begun.requestId, { instance, from: begun.from });
      const end = endEvent.safeParse(event).data;
      if (end !== undefined) ends.set(end.jobId, (ends.get(end.jobId) ?? 0) + 1);
    }
  };
  const readAll = () => instances.forEach(readOf);
  return {
    chunks(jobId) {
      readAll();
      return chunks.get(jobId) ?? [];
    },
    ends(jobId) {
      readAll();
      return ends.get(jobId) ?? 0;
    },
    ended(instance) {
      readOf(instance);
      offsets.set(instance, 0);
    },
  };
}

/** wrangler wraps what a Worker writes in the codes of a colour; other lines are the runtime's own. */
function eventOf(line: string): unknown {
  const [json] = /\{.*\}/.exec(line) ?? [];
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const held = map.get(key);
  if (held === undefined) map.set(key, [value]);
  else held.push(value);
}
