import { EnvironmentError } from '@mcp-everywhere/platform/env';
import { describe, expect, it } from 'vitest';
import { databaseIn } from '../src/database.ts';

const kv = { KV_REST_API_URL: 'https://kv.example.com', KV_REST_API_TOKEN: 'hunter2' };
const upstash = { UPSTASH_REDIS_REST_URL: 'https://upstash.example.com', UPSTASH_REDIS_REST_TOKEN: 'hunter3' };

describe('the address of the database', () => {
  it('is in either pair of variables, and in the first where both are there', () => {
    expect(databaseIn(kv)).toEqual({ url: 'https://kv.example.com', token: 'hunter2' });
    expect(databaseIn(upstash)).toEqual({ url: 'https://upstash.example.com', token: 'hunter3' });
    expect(databaseIn({ ...upstash, ...kv })).toEqual(databaseIn(kv));
  });

  it('is in the pair that is whole', () => {
    expect(databaseIn({ ...upstash, KV_REST_API_URL: 'https://kv.example.com', KV_REST_API_TOKEN: '' })).toEqual(
      databaseIn(upstash),
    );
  });

  it('is missed with both pairs named, and what to do', () => {
    expect(() => databaseIn({})).toThrow(EnvironmentError);
    expect(() => databaseIn({})).toThrow(
      /^Missing environment variables KV_REST_API_URL and KV_REST_API_TOKEN, or UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN: .*vercel env add$/,
    );
  });

  it('is missed where only half a pair is set, which is named without its value', () => {
    expect(() => databaseIn({ KV_REST_API_TOKEN: 'hunter2' })).toThrow(/Set is only KV_REST_API_TOKEN\.(?!.*hunter2)/);
  });
});
