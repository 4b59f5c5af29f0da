import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atomicStoreContract, raceCase } from '../src/state/contract.ts';
import { memoryStore } from '../src/state/memory.ts';
import type { SqliteStore } from '../src/state/sqlite.ts';
import { sqliteStore } from '../src/state/sqlite-node.ts';
import { type AtomicStore, type KeyValueStore, StoreUnavailable } from '../src/state/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'state-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('runs on Node', () => {
  expect(process.release.name).toBe('node');
  expect(process.versions).not.toHaveProperty('bun');
  expect(process.versions).not.toHaveProperty('deno');
});

describe.concurrent('memory', () => {
  const store = memoryStore();
  it.each([...atomicStoreContract, raceCase])('$name', ({ run }) => run(store));

  it('drops expired entries as others are written', async () => {
    const small = memoryStore();
    for (let index = 0; index < 1000; index++) await small.set(`short ${index}`, 'value', 0.001);
    await expect.poll(() => small.get('short 999')).toBeUndefined();
    for (let index = 0; index < 1000; index++) await small.set(`long ${index}`, 'value', 60);
    expect(small.size).toBeLessThanOrEqual(1000);
    expect(await small.get('long 0')).toBe('value');
  });
});

describe.concurrent('sqlite', () => {
  const path = join(directory, 'new', 'folder', 'state.sqlite');
  let store: SqliteStore;
  beforeAll(() => {
    store = sqliteStore(path);
  });
  afterAll(() => store.close());
  it.each([...atomicStoreContract, raceCase])('$name', ({ run }) => run(store));

  it('keeps values and versions when it is closed and opened again', async () => {
    const file = join(directory, 'restart.sqlite');
    const before = sqliteStore(file);
    await before.set('key', 'value', 60);
    const held = await before.read('key');
    before.close();
    const after = sqliteStore(file);
    expect(await after.read('key')).toEqual(held);
    after.close();
  });

  it('shows a write to another connection at once, and refuses it the old version', async () => {
    const other = sqliteStore(path);
    await store.set('shared', 'first', 60);
    const held = await other.read('shared');
    expect(held?.value).toBe('first');
    expect(await store.compareAndSet('shared', held?.version ?? 'absent', 'second', 60)).toBeDefined();
    expect(await other.compareAndSet('shared', held?.version ?? 'absent', 'third', 60)).toBeUndefined();
    other.close();
  });

  it('loses no write when four processes open a new file at once and raise one counter', async () => {
    const file = join(directory, 'race.sqlite');
    await Promise.all(Array.from({ length: 4 }, () => raiseInAnotherProcess(file, 50)));
    const raced = sqliteStore(file);
    expect(await raced.get('counter')).toBe('200');
    raced.close();
  });

  it('deletes expired rows as others are written', async () => {
    const file = join(directory, 'sweep.sqlite');
    const swept = sqliteStore(file);
    for (let index = 0; index < 300; index++) await swept.set(`short ${index}`, 'value', 0.001);
    await expect.poll(() => swept.get('short 299')).toBeUndefined();
    for (let index = 0; index < 1200; index++) await swept.set(`long ${index % 300}`, 'value', 60);
    swept.close();
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT count(*) AS rows FROM state').get()).toEqual({ rows: 300 });
    database.close();
  });

  it('is unavailable once it is closed', async () => {
    const closed = sqliteStore(join(directory, 'closed.sqlite'));
    closed.close();
    const calls = [
      () => closed.get('key'),
      () => closed.read('key'),
      () => closed.set('key', 'value', 60),
      () => closed.delete('key'),
      () => closed.compareAndSet('key', 'absent', 'value', 60),
    ];
    for (const call of calls) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error).toMatchObject({ store: 'sqlite', cause: expect.any(Error) });
    }
  });

  it('is unavailable while its table is gone', async () => {
    const file = join(directory, 'broken.sqlite');
    const broken = sqliteStore(file);
    const database = new DatabaseSync(file);
    database.exec('DROP TABLE state');
    database.close();
    await expect(broken.get('key')).rejects.toThrow('The state store "sqlite" is unavailable');
    broken.close();
  });

  it('names the file that it cannot open', () => {
    const noDatabase = join(directory, 'text.sqlite');
    writeFileSync(noDatabase, 'This is no database. '.repeat(100));
    expect(() => sqliteStore(noDatabase)).toThrow(`Cannot open the SQLite state file ${noDatabase}: `);
    const belowAFile = join(noDatabase, 'state.sqlite');
    expect(() => sqliteStore(belowAFile)).toThrow(`Cannot open the SQLite state file ${belowAFile}: `);
  });
});

it('an eventually consistent store does not compile where an atomic one is asked for', () => {
  const needsAtomic = (store: AtomicStore) => store.kind;
  const offers = (eventual: KeyValueStore & { readonly consistency: 'eventual' }, any: KeyValueStore) => {
    // @ts-expect-error an eventually consistent store is no AtomicStore
    needsAtomic(eventual);
    // @ts-expect-error nor is one that does not say
    needsAtomic(any);
    // @ts-expect-error nor does it become one by having the methods
    needsAtomic({ ...memoryStore(), consistency: eventual.consistency });
  };
  expect(offers).toBeTypeOf('function');
});

async function raiseInAnotherProcess(file: string, times: number): Promise<void> {
  const script = fileURLToPath(new URL('raise-counter.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file, String(times)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}
