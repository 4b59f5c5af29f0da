import manifest from '../../package.json' with { type: 'json' };
import { recommendBooks } from '../prompts/recommend-books.ts';
import { recordResource } from '../resources/record.ts';
import { reportResource } from '../resources/report.ts';
import type { Surface } from '../surface.ts';
import { appendToDraft } from '../tools/append-to-draft.ts';
import { beginTransaction } from '../tools/begin-transaction.ts';
import { cancelJob } from '../tools/cancel-job.ts';
import { commitTransaction } from '../tools/commit-transaction.ts';
import { createDraft } from '../tools/create-draft.ts';
import { fetchPage } from '../tools/fetch-page.ts';
import { getJobResult } from '../tools/get-job-result.ts';
import { lookupRecord } from '../tools/lookup-record.ts';
import { readDraft } from '../tools/read-draft.ts';
import { restoreRecord } from '../tools/restore-record.ts';
import { rollbackTransaction } from '../tools/rollback-transaction.ts';
import { runtimeInfo } from '../tools/runtime-info.ts';
import { searchRecords } from '../tools/search-records.ts';
import { stageChange } from '../tools/stage-change.ts';
import { startReport } from '../tools/start-report.ts';
import { withdrawRecord } from '../tools/withdraw-record.ts';

const jobs = [startReport];

/** What this project's servers offer: a library's catalogue, and reading lists made from it. */
export const catalogueSurface: Surface = {
  name: 'mcp-everywhere',
  version: manifest.version,
  title: 'Library catalogue',
  instructions: [
    "A library's catalogue of public-domain books.",
    'Find books with search_records, and keep its searchId to see no book twice; lookup_record gives one book whole, as does the resource record://{id}.',
    'To make a reading list: create_draft once, append_to_draft for each book by its record id, then read_draft to show it. Pass the draftId on unchanged; a draft is gone after its time to live.',
    'To take or return copies of books, several at once: begin_transaction, stage_change for each book, commit_transaction; or rollback_transaction to give up.',
    'withdraw_record takes a book out of the catalogue once the user has confirmed it; restore_record brings it back.',
    'start_report compares all books with each other, which takes a while: pass its jobId to get_job_result until pollAfterSeconds is gone, or to cancel_job. A large report is the resource report://{jobId}.',
    'fetch_page reads a public page about a book from the hosts it names. runtime_info tells which deployment answers.',
  ].join('\n'),
  tools: [
    lookupRecord,
    searchRecords,
    createDraft,
    appendToDraft,
    readDraft,
    beginTransaction,
    stageChange,
    commitTransaction,
    rollbackTransaction,
    withdrawRecord,
    restoreRecord,
    ...jobs,
    getJobResult(jobs),
    cancelJob(jobs),
    fetchPage,
    runtimeInfo,
  ],
  resources: [],
  resourceTemplates: [recordResource, reportResource],
  prompts: [recommendBooks],
};
