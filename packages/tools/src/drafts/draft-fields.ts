import * as z from 'zod';
import { handleOf } from '../handle.ts';

/** The fields that the tools about drafts share. */
export const draftId = handleOf('draft', 'create_draft').describe('The draftId that create_draft returned');

/** 100 notes of 300 characters, each up to 6 bytes as JSON, stay within the 256 KiB that every store takes. */
export const note = z.string().max(300);

/** ISO 8601, in UTC. As metadata, because `z.iso.datetime()` would put its regular expression into the schema. */
const time = z.string().meta({ format: 'date-time' });

export const addedAt = time.describe('When the book was added');
export const expiresAt = time.describe('When the draft will be gone unless a book is added before');
