import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import type { ToolContext } from '../src/index.ts';
import { readLedger } from '../src/lending/ledger.ts';
import { beginTransaction } from '../src/tools/begin-transaction.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { complete, testContext } from './test-context.ts';

export const EMMA = 'austen-emma';
export const ABBEY = 'austen-northanger-abbey';
/** A copy of each. */
export const BOTH = { [EMMA]: 1, [ABBEY]: 1 };

export const GONE = 'This transactionId is unknown, has ended or has expired. Begin another with begin_transaction.';
export const MADE = `${GONE} This one ended with its commit: its changes were made.`;

/** Two readers of one library. */
export function readers(): readonly [ada: ToolContext, bea: ToolContext] {
  const shared = memoryStore();
  return [testContext({ shared, principal: { id: 'ada' } }), testContext({ shared, principal: { id: 'bea' } })];
}

export async function begun(ctx: ToolContext): Promise<string> {
  return String((await complete(beginTransaction, {}, ctx)).data.transactionId);
}

/** A transaction that has staged so many copies of each book; negative where they are returned. */
export async function staged(ctx: ToolContext, changes: Record<string, number>): Promise<string> {
  const transactionId = await begun(ctx);
  for (const [recordId, copies] of Object.entries(changes)) await stage(transactionId, recordId, copies, ctx);
  return transactionId;
}

export function stage(transactionId: string, recordId: string, copies: number, ctx: ToolContext) {
  const change = copies > 0 ? 'take' : 'return';
  return complete(stageChange, { transactionId, recordId, change, copies: Math.abs(copies) }, ctx);
}

export function commit(transactionId: string, ctx: ToolContext) {
  return complete(commitTransaction, { transactionId }, ctx);
}

/** How many copies of each book a reader has. */
export async function loansOf({ shared, principal }: ToolContext): Promise<Record<string, number>> {
  const { books } = await readLedger(shared);
  return Object.fromEntries(
    Object.entries(books).flatMap(([id, { loans }]) => {
      const copies = loans[principal.id];
      return copies === undefined ? [] : [[id, copies]];
    }),
  );
}
