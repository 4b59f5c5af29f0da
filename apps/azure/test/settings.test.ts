import { EnvironmentError } from '@mcp-everywhere/platform/env';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings.ts';

const key = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
const identity = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token', IDENTITY_HEADER: 'secret' };

describe('the storage account of the state and the jobs', () => {
  it('is the one of the host, by its connection string', () => {
    expect(readSettings(key)).toMatchObject({
      table: { tableName: 'mcpstate', connectionString: key.AzureWebJobsStorage },
      queue: { queueName: 'mcpjobs', connectionString: key.AzureWebJobsStorage },
    });
  });

  it.each([
    [
      { AzureWebJobsStorage__accountName: 'account' },
      { table: 'https://account.table.core.windows.net', queue: 'https://account.queue.core.windows.net' },
    ],
    [
      {
        AzureWebJobsStorage__tableServiceUri: 'https://a.table.example',
        AzureWebJobsStorage__queueServiceUri: 'https://a.queue.example',
      },
      { table: 'https://a.table.example', queue: 'https://a.queue.example' },
    ],
  ])('is entered with the managed identity where it is named by %o', (account, endpoints) => {
    const credential = { getToken: expect.any(Function) };
    const { table, queue } = readSettings({ ...identity, ...account, STATE_TABLE: 'mine', JOBS_QUEUE: 'my-jobs' });
    expect(table).toEqual({ tableName: 'mine', endpoint: endpoints.table, credential });
    expect(queue).toEqual({ queueName: 'my-jobs', endpoint: endpoints.queue, credential });
    expect(readSettings({ ...identity, ...account, ...key }).table).toMatchObject({
      connectionString: key.AzureWebJobsStorage,
    });
  });

  it('has to be named for each of them', () => {
    const tables = { AzureWebJobsStorage__tableServiceUri: 'https://a.table.example' };
    expect(() => readSettings({ ...identity, ...tables })).toThrow(/AzureWebJobsStorage__queueServiceUri: .*its jobs/);
  });

  it('has to be named, and the error says how', () => {
    expect(() => readSettings({})).toThrow(EnvironmentError);
    expect(() => readSettings({})).toThrow(
      /^Missing environment variable AzureWebJobsStorage, AzureWebJobsStorage__accountName or AzureWebJobsStorage__tableServiceUri: .*az functionapp config/,
    );
  });

  it.each(['https://account.table.core.windows.net', 'account.table.core.windows.net', 'Account', 'my-account'])(
    'has no name such as %s',
    (name) => {
      expect(() => readSettings({ ...identity, AzureWebJobsStorage__accountName: name })).toThrow(
        /AzureWebJobsStorage__accountName.*3 to 24 .*not its address/,
      );
    },
  );

  it('is out of reach where it is named and the app has no identity', () => {
    expect(() => readSettings({ AzureWebJobsStorage__accountName: 'account' })).toThrow(
      /no managed identity.*az functionapp identity assign/,
    );
  });
});

describe('the wall time', () => {
  const wallTime = (functionTimeout?: string) =>
    readSettings({ ...key, AzureFunctionsJobHost__functionTimeout: functionTimeout }).wallTimeMs;

  it("is the front end's, as the limits table has it, where the function's own is longer", () => {
    for (const longer of [undefined, '-1', '00:03:50', '1.00:00:00']) expect(wallTime(longer)).toBeUndefined();
  });

  it("is the function's own where that is shorter", () => {
    expect(wallTime('00:00:02')).toBe(2_000);
    expect(wallTime('00:03:49')).toBe(229_000);
  });

  it.each(['2 s', '00:00:00', '00:00:60', '24:00:00'])('is refused where it is %s', (none) => {
    expect(() => wallTime(none)).toThrow(/AzureFunctionsJobHost__functionTimeout.*give hh:mm:ss or .*more than zero/);
  });
});

describe('the queue of the jobs', () => {
  it.each(['My-jobs', 'jobs_1', 'jobs--1', '-jobs', 'jo', 'j'.repeat(57)])('has no name such as %s', (JOBS_QUEUE) => {
    expect(() => readSettings({ ...key, JOBS_QUEUE })).toThrow(/JOBS_QUEUE.*3 to 56 lower-case letters/);
  });

  it.each([
    [undefined, 595_000],
    ['00:00:02', 1_500],
    ['00:30:00', 595_000],
    ['-1', 595_000],
  ])('has a delivery leave off before a function time-out of %s is over', (functionTimeout, ms) => {
    expect(readSettings({ ...key, AzureFunctionsJobHost__functionTimeout: functionTimeout }).jobRunMs).toBe(ms);
  });
});
