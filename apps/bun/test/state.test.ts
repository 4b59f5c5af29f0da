import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { atomicStoreContract, raceCase } from '@mcp-everywhere/platform/state/contract';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { sqliteStore } from '@mcp-everywhere/platform/state/sqlite-bun';

const directory = mkdtempSync(join(tmpdir(), 'state-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('runs on Bun', () => {
  expect(Bun.version).toBe(process.versions.bun);
});

describe('memory', () => {
  const store = memoryStore();
  for (const { name, run } of [...atomicStoreContract, raceCase]) test.concurrent(name, () => run(store));
});

describe('sqlite', () => {
  const store = sqliteStore(join(directory, 'new', 'folder', 'state.sqlite'));
  afterAll(() => store.close());
  for (const { name, run } of [...atomicStoreContract, raceCase]) test.concurrent(name, () => run(store));

  test('keeps values and versions when it is closed and opened again', async () => {
    const file = join(directory, 'restart.sqlite');
    const before = sqliteStore(file);
    await before.set('key', 'value', 60);
    const held = await before.read('key');
    before.close();
    const after = sqliteStore(file);
    expect(await after.read('key')).toEqual(held);
    after.close();
  });

  test('is unavailable once it is closed', async () => {
    const closed = sqliteStore(join(directory, 'closed.sqlite'));
    closed.close();
    await expect(closed.get('key')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closed.compareAndSet('key', 'absent', 'value', 60)).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('names the file that it cannot open', () => {
    expect(() => sqliteStore(directory)).toThrow(`Cannot open the SQLite state file ${directory}: `);
  });
});
