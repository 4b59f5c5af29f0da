import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { azureTableStore } from '@mcp-everywhere/platform/state/azure-table';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Azurite, startAzurite } from '../../src/engines/azurite.ts';
import { describeRemoteStore } from './remote-store.ts';

describe('azure-table on azurite', () => {
  describeRemoteStore({
    kind: 'azure-table',
    start: () => startAzurite(),
    open: (engine, url) => azureTableStore({ tableName: 'state', connectionString: engine.connectionString(url) }),
    secretOf: ({ accountKey }) => accountKey,
  });
});

describe('an Azure table', () => {
  let engine: Azurite;
  beforeAll(async () => {
    engine = await startAzurite();
  });
  afterAll(() => engine.stop());

  it('is created by the first write, and holds nothing before', async () => {
    const connectionString = engine.connectionString(engine.url);
    const store = azureTableStore({ tableName: 'created', connectionString });
    expect(await store.get('key')).toBeUndefined();
    await store.delete('key');
    expect(await store.compareAndSet('key', 'absent', 'value', 60)).toBeDefined();
    expect(await store.get('key')).toBe('value');
  });

  it('is rid of an expired entity when that is read', async () => {
    const connectionString = engine.connectionString(engine.url);
    const store = azureTableStore({ tableName: 'expiring', connectionString });
    await store.set('key', 'value', 0.01);
    const table = TableClient.fromConnectionString(connectionString, 'expiring', { allowInsecureConnection: true });
    expect(await table.listEntities().next()).toMatchObject({ done: false });
    await expect.poll(() => store.get('key')).toBeUndefined();
    expect(await table.listEntities().next()).toMatchObject({ done: true });
  });

  it('is not spoken to without encryption, but on this machine', async () => {
    const connectionString = engine.connectionString('http://tables.example');
    await expect(azureTableStore({ tableName: 'state', connectionString }).get('key')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('allowInsecureConnection') },
    });
    const local = azureTableStore({ tableName: 'state', connectionString: 'UseDevelopmentStorage=true' });
    expect(String(await local.get('key').catch(({ cause }) => cause.message))).not.toContain('allowInsecureConnection');
  });

  it('is kept in a directory while the engine is stopped', async () => {
    const path = await mkdtemp(join(tmpdir(), 'mcp-everywhere-azurite-'));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    const kept = await startAzurite({ path });
    onTestFinished(() => kept.stop());
    const store = azureTableStore({ tableName: 'kept', connectionString: kept.connectionString(kept.url) });
    await store.set('key', 'value', 60);
    await kept.stop();
    await kept.start();
    expect(await store.get('key')).toBe('value');
  });
});
