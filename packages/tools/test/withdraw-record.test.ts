import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RequestInput, ToolContext } from '../src/index.ts';
import { withdrawnIds } from '../src/lending/withdrawals.ts';
import { recordResource } from '../src/resources/record.ts';
import { appendToDraft } from '../src/tools/append-to-draft.ts';
import { beginTransaction } from '../src/tools/begin-transaction.ts';
import { commitTransaction } from '../src/tools/commit-transaction.ts';
import { createDraft } from '../src/tools/create-draft.ts';
import { lookupRecord } from '../src/tools/lookup-record.ts';
import { restoreRecord } from '../src/tools/restore-record.ts';
import { searchRecords } from '../src/tools/search-records.ts';
import { stageChange } from '../src/tools/stage-change.ts';
import { withdrawRecord } from '../src/tools/withdraw-record.ts';
import { answered, asks, complete, fail, refuse, testContext } from './test-context.ts';

const EMMA = 'austen-emma';
const ACCEPTED = { confirmation: { action: 'accept', content: { confirm: true } } };

describe('withdrawing a book', () => {
  let stores: Pick<ToolContext, 'state' | 'shared'>;
  beforeEach(() => {
    stores = { state: memoryStore(), shared: memoryStore() };
  });
  const ctx = (input?: RequestInput) => testContext({ ...stores, ...(input && { input }) });
  const withdraw = async (args: object = { recordId: EMMA }) => {
    const { state } = await asks(withdrawRecord, args, ctx());
    return complete(withdrawRecord, args, ctx(answered(ACCEPTED, state)));
  };
  const found = async () => {
    const { data } = await complete(searchRecords, { query: 'emma austen' }, ctx());
    return JSON.stringify(data.records).includes(`"${EMMA}"`);
  };

  it('asks first, with title, author and reason, and changes nothing by it', async () => {
    const { requests } = await asks(withdrawRecord, { recordId: EMMA, reason: 'Mould.' }, ctx());
    expect(requests).toMatchObject({
      confirmation: {
        method: 'elicitation/create',
        params: {
          message: 'Withdraw "Emma", by Jane Austen, from the catalogue? The reason given: Mould.',
          requestedSchema: { properties: { confirm: { type: 'boolean' } }, required: ['confirm'] },
        },
      },
    });
    expect(await found()).toBe(true);
  });

  it('hides it from search, look-up, lists, lending and the resource, and restore_record brings it back', async () => {
    const draft = await complete(createDraft, { title: 'List' }, ctx());
    const { data: begun } = await complete(beginTransaction, {}, ctx());
    const change = { transactionId: begun.transactionId, recordId: EMMA, change: 'take' };
    const addition = { draftId: draft.data.draftId, recordId: EMMA };

    expect((await withdraw()).data).toEqual({
      recordId: EMMA,
      title: 'Emma',
      author: 'Jane Austen',
      withdrawn: true,
      withdrawnAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(await found()).toBe(false);
    expect(await fail(lookupRecord, { id: EMMA }, ctx())).toContain('has been withdrawn');
    expect(await fail(appendToDraft, addition, ctx())).toContain('has been withdrawn');
    expect(await fail(stageChange, change, ctx())).toContain('has been withdrawn');
    expect(await recordResource.read(EMMA, ctx())).toBeUndefined();

    for (const _ of ['once', 'again']) {
      const { data } = await complete(restoreRecord, { recordId: EMMA }, ctx());
      expect(data).toEqual({ recordId: EMMA, title: 'Emma', author: 'Jane Austen', withdrawn: false });
    }
    expect(await found()).toBe(true);
    expect((await complete(lookupRecord, { id: EMMA }, ctx())).data).toMatchObject({ id: EMMA });
    expect(await recordResource.read(EMMA, ctx())).toMatchObject({ mimeType: 'application/json' });
    await complete(stageChange, change, ctx());
  });

  it('gives the same answer when it is confirmed twice, and without asking once it is done', async () => {
    const args = { recordId: EMMA, reason: 'Mould.' };
    const { state } = await asks(withdrawRecord, args, ctx());
    const one = await complete(withdrawRecord, args, ctx(answered(ACCEPTED, state)));
    const two = await complete(withdrawRecord, args, ctx(answered(ACCEPTED, state)));
    const three = await complete(withdrawRecord, { recordId: EMMA }, ctx());
    expect(one.data).toMatchObject({ withdrawn: true, reason: 'Mould.' });
    expect([two.data, three.data]).toEqual([one.data, one.data]);
  });

  it('is finished by a call that is repeated, where the first ended in the middle', async () => {
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
    let writes = 0;
    const dies: ToolContext['shared'] = {
      ...stores.shared,
      async compareAndSet(...args) {
        writes += 1;
        if (writes === 2) throw new Error('killed');
        return stores.shared.compareAndSet(...args);
      },
    };
    const input = answered(ACCEPTED, state);
    const killed = withdrawRecord.call({ recordId: EMMA }, testContext({ ...stores, shared: dies, input }));
    await expect(killed).rejects.toThrow('killed');
    expect((await complete(withdrawRecord, { recordId: EMMA }, ctx(input))).data).toMatchObject({ withdrawn: true });
    expect(await found()).toBe(false);
  });

  it('leaves the list that look-ups read as the ledger is, however many are withdrawn and brought back at once', async () => {
    const books = (await complete(searchRecords, { query: 'austen', limit: 6 }, ctx())).data.records;
    const ids = z
      .array(z.object({ id: z.string() }))
      .parse(books)
      .map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(3);
    await Promise.all(ids.map((recordId) => withdraw({ recordId })));
    expect([...(await withdrawnIds(stores.shared))].sort()).toEqual([...ids].sort());
    await Promise.all(ids.map((recordId) => complete(restoreRecord, { recordId }, ctx())));
    expect(await withdrawnIds(stores.shared)).toEqual(new Set());
  });

  it('gives the same answer to two confirmations at once', async () => {
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
    const confirm = () => complete(withdrawRecord, { recordId: EMMA }, ctx(answered(ACCEPTED, state)));
    const [one, two] = await Promise.all([confirm(), confirm()]);
    expect(one.data).toMatchObject({ withdrawn: true });
    expect(two.data).toEqual(one.data);
  });

  it.each([{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { confirm: false } }])(
    'leaves everything as it was after %j',
    async (confirmation) => {
      const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
      const { data, text } = await complete(withdrawRecord, { recordId: EMMA }, ctx(answered({ confirmation }, state)));
      expect(data).toMatchObject({ recordId: EMMA, withdrawn: false });
      expect(text).toContain('did not confirm');
      expect(await found()).toBe(true);
    },
  );

  it.each([undefined, { action: 'accept', content: { confirm: 'yes' } }, { action: 'perhaps' }])(
    'asks again where the answer is %j',
    async (confirmation) => {
      const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
      const again = await asks(withdrawRecord, { recordId: EMMA }, ctx(answered({ confirmation }, state)));
      expect(Object.keys(again.requests)).toEqual(['confirmation']);
    },
  );

  it.each([ACCEPTED, { confirmation: { action: 'decline' } }])(
    'asks where an answer comes that nobody asked for: %j',
    async (answer) => {
      await asks(withdrawRecord, { recordId: EMMA }, ctx(answered(answer)));
      expect(await found()).toBe(true);
    },
  );

  it('asks anew where the book was withdrawn and brought back since', async () => {
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
    await withdraw();
    await complete(restoreRecord, { recordId: EMMA }, ctx());
    await asks(withdrawRecord, { recordId: EMMA }, ctx(answered(ACCEPTED, state)));
    expect(await found()).toBe(true);
  });

  it('is refused while a copy is out, and says so', async () => {
    const { state } = await asks(withdrawRecord, { recordId: EMMA }, ctx());
    const { transactionId } = (await complete(beginTransaction, {}, ctx())).data;
    await complete(stageChange, { transactionId, recordId: EMMA, change: 'take', copies: 2 }, ctx());
    await complete(commitTransaction, { transactionId }, ctx());
    const refusal = '"Emma" cannot be withdrawn: 2 of its 3 copies are out.';
    expect(await fail(withdrawRecord, { recordId: EMMA }, ctx())).toContain(refusal);
    expect(await fail(withdrawRecord, { recordId: EMMA }, ctx(answered(ACCEPTED, state)))).toContain(refusal);
  });

  it('ends a transaction that staged the book before: its commit names the book', async () => {
    const { transactionId } = (await complete(beginTransaction, {}, ctx())).data;
    await complete(stageChange, { transactionId, recordId: EMMA, change: 'take' }, ctx());
    await withdraw();
    expect(await fail(commitTransaction, { transactionId }, ctx())).toContain(`(${EMMA}): 3 of 3 copies were there`);
    expect(await fail(commitTransaction, { transactionId }, ctx())).toContain('now it is withdrawn');
  });

  it('refuses a book that is not there, and a reason that is too long', async () => {
    expect(await fail(withdrawRecord, { recordId: 'austen-ema' }, ctx())).toContain(EMMA);
    expect(await fail(restoreRecord, { recordId: 'austen-ema' }, ctx())).toContain(EMMA);
    expect(await refuse(withdrawRecord, { recordId: EMMA, reason: 'x'.repeat(201) }, ctx())).toContain('reason: ');
  });
});

describe('a look-up of what the catalogue does not have', () => {
  it('reads no state', async () => {
    const shared = { ...memoryStore(), get: () => Promise.reject(new Error('read')) };
    expect(await fail(lookupRecord, { id: 'austen-ema' }, testContext({ shared }))).toContain(EMMA);
  });
});
