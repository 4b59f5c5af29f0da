import type { AtomicStore } from '@mcp-everywhere/platform';
import * as z from 'zod';
import { mintHandle } from '../handle.ts';
import { Failure, failure } from '../result.ts';
import { updateState } from '../state/update-state.ts';

const MAX_ENTRIES = 100;

const draftSchema = z.object({
  title: z.string(),
  note: z.string().optional(),
  ttlMinutes: z.int(),
  expiresAt: z.string(),
  entries: z.array(z.object({ recordId: z.string(), note: z.string().optional(), addedAt: z.string() })),
});

/** A reading list in the making. */
export type Draft = z.infer<typeof draftSchema>;

/** What appending came to; `added` is false where the record was on the list before. */
interface Appended {
  readonly draft: Draft;
  readonly added: boolean;
}

/** Stores an empty draft and mints its handle. */
export async function createDraft(
  state: AtomicStore,
  about: Pick<Draft, 'title' | 'note' | 'ttlMinutes'>,
): Promise<{ readonly draftId: string; readonly draft: Draft }> {
  const draftId = mintHandle('draft');
  const draft = renewed({ ...about, entries: [] });
  await state.set(keyOf(draftId), JSON.stringify(draft), ttlSecondsOf(draft));
  return { draftId, draft };
}

/** The draft, or a failure where it is unknown, somebody else's, or expired: the caller cannot tell which. */
export async function readDraft(state: AtomicStore, draftId: string): Promise<Draft | Failure> {
  return parsed(await state.get(keyOf(draftId)));
}

/**
 * Puts a record at the end of the list and renews the draft's time to live. A record that is on the list already stays as
 * it is, so that a repeated call does no harm. Of appends at once none is lost.
 */
export function appendToDraft(
  state: AtomicStore,
  draftId: string,
  entry: { readonly recordId: string; readonly note?: string | undefined },
): Promise<Appended | Failure> {
  return updateState<Appended>(state, keyOf(draftId), (held) => {
    const draft = parsed(held);
    if (draft instanceof Failure) return draft;
    if (draft.entries.some(({ recordId }) => recordId === entry.recordId)) return { result: { draft, added: false } };
    if (draft.entries.length >= MAX_ENTRIES) {
      return failure(`The draft is full: it holds ${MAX_ENTRIES} records. Begin another with create_draft.`);
    }
    const addedAt = new Date().toISOString();
    const longer = renewed({ ...draft, entries: [...draft.entries, { ...entry, addedAt }] });
    return {
      result: { draft: longer, added: true },
      write: { value: JSON.stringify(longer), ttlSeconds: ttlSecondsOf(longer) },
    };
  });
}

function parsed(held: string | undefined): Draft | Failure {
  if (held === undefined) {
    return failure('This draftId is unknown or has expired. Begin a new draft with create_draft.');
  }
  return draftSchema.parse(JSON.parse(held));
}

function renewed(draft: Omit<Draft, 'expiresAt'>): Draft {
  return { ...draft, expiresAt: new Date(Date.now() + ttlSecondsOf(draft) * 1000).toISOString() };
}

function ttlSecondsOf({ ttlMinutes }: Pick<Draft, 'ttlMinutes'>): number {
  return ttlMinutes * 60;
}

function keyOf(draftId: string): string {
  return `draft/${draftId}`;
}
