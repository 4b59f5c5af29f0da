import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { expiresAt, note } from '../drafts/draft-fields.ts';
import { createDraft as create } from '../drafts/draft-store.ts';

export const createDraft = defineTool({
  name: 'create_draft',
  title: 'Begin a reading list',
  description:
    'Begins an empty reading list and returns its draftId. Use it once for a list, then add books with append_to_draft and see the whole with read_draft, passing the draftId each time. The draft is kept for ttlMinutes after the last addition, then it is gone.',
  input: z.object({
    title: z.string().min(1).max(200).describe('What the list is called'),
    note: note.optional().describe('What or whom the list is for'),
    ttlMinutes: z.int().min(1).max(1440).default(60).describe('How long to keep the draft after the last addition'),
  }),
  output: z.object({
    draftId: z.string().describe('The handle of the draft: pass it to append_to_draft and read_draft'),
    title: z.string().describe('What the list is called'),
    expiresAt,
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run(about, ctx) {
    const { draftId, draft } = await create(ctx.state, about);
    return { draftId, title: draft.title, expiresAt: draft.expiresAt };
  },
});
