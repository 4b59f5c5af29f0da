import type { EventBus } from '@mcp-everywhere/platform/events';
import type { JobRecord } from '@mcp-everywhere/platform/jobs';
import type { Surface } from '@mcp-everywhere/tools';

/** How often listeners are told of a job that comes further. */
const EVERY_MS = 500;
/** How long the end of a run waits for its last event: a platform may put the process to sleep right after it. */
const SETTLED_WITHIN_MS = 500;

/** Tells listeners that a job has come further. Nothing of it fails or holds the job up. */
export interface JobAnnouncer {
  progressed(job: JobRecord): void;
  ended(job: JobRecord): void;
  /** Sends what still waits to be told of a job, and resolves when it is sent, or after half a second. */
  settled(jobId: string): Promise<void>;
}

/** What is under way for a job. */
interface Announcement {
  sentAt: number;
  sent: Promise<void>;
  waiting?: { readonly send: () => void; readonly timer: ReturnType<typeof setTimeout> } | undefined;
}

/** @param bus absent where nobody can listen */
export function jobAnnouncer({ tools }: Pick<Surface, 'tools'>, bus: EventBus | undefined): JobAnnouncer {
  const uris = new Map(tools.map(({ name, job }) => [name, job?.resultUri]));
  const announcements = new Map<string, Announcement>();

  const tell = ({ id, kind, owner }: JobRecord) => {
    const uri = uris.get(kind)?.(id);
    if (bus === undefined || uri === undefined) return;
    const before = announcements.get(id);
    if (before?.waiting !== undefined) clearTimeout(before.waiting.timer);
    const sent = bus.publish({ kind: 'resource_updated', uri, owner });
    announcements.set(id, { sentAt: Date.now(), sent: Promise.all([before?.sent, sent]).then(() => {}) });
  };

  return {
    progressed(job) {
      const last = announcements.get(job.id);
      const rest = last === undefined ? 0 : last.sentAt + EVERY_MS - Date.now();
      if (last === undefined || rest <= 0) return tell(job);
      if (last.waiting === undefined) {
        const send = () => tell(job);
        last.waiting = { send, timer: setTimeout(send, rest) };
      }
    },
    ended: tell,
    async settled(jobId) {
      announcements.get(jobId)?.waiting?.send();
      const last = announcements.get(jobId);
      announcements.delete(jobId);
      if (last === undefined) return;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, SETTLED_WITHIN_MS);
      await Promise.race([last.sent, late]);
      clearTimeout(timer);
    },
  };
}
