import { EnvironmentError } from '@mcp-everywhere/platform/env';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings.ts';

const key = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
const identity = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token', IDENTITY_HEADER: 'secret' };

describe('the storage account of the state', () => {
  it('is the one of the host, by its connection string', () => {
    expect(readSettings(key).table).toEqual({ tableName: 'mcpstate', connectionString: key.AzureWebJobsStorage });
  });

  it.each([
    [{ AzureWebJobsStorage__accountName: 'account' }, 'https://account.table.core.windows.net'],
    [{ AzureWebJobsStorage__tableServiceUri: 'https://a.table.example' }, 'https://a.table.example'],
  ])('is entered with the managed identity where it is named by %o', (account, endpoint) => {
    expect(readSettings({ ...identity, ...account, STATE_TABLE: 'mine' }).table).toEqual({
      tableName: 'mine',
      endpoint,
      credential: { getToken: expect.any(Function) },
    });
    expect(readSettings({ ...identity, ...account, ...key }).table).toMatchObject({
      connectionString: key.AzureWebJobsStorage,
    });
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
