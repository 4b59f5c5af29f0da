import { EnvironmentError, type EnvironmentSource, isSet } from '@mcp-everywhere/platform/env';
import type { UpstashAddress } from '@mcp-everywhere/platform/state/upstash';

/**
 * The names under which a project gets to know its database: as Vercel KV had them, and the integration "Upstash for Redis"
 * still has (https://vercel.com/docs/redis); and Upstash's own. The first pair that is there counts.
 */
const PAIRS = [
  { url: 'KV_REST_API_URL', token: 'KV_REST_API_TOKEN' },
  { url: 'UPSTASH_REDIS_REST_URL', token: 'UPSTASH_REDIS_REST_TOKEN' },
] as const;

/**
 * Where the environment says that the database is.
 *
 * @throws {EnvironmentError} where it has neither pair of variables whole
 */
export function databaseIn(environment: EnvironmentSource): UpstashAddress {
  for (const pair of PAIRS) {
    const url = environment[pair.url];
    const token = environment[pair.token];
    if (url && token) return { url, token };
  }
  const half = PAIRS.flatMap(({ url, token }) => [url, token]).filter((name) => isSet(environment, name));
  const found = half.length === 0 ? '' : ` Set is only ${half.join(' and ')}.`;
  const [kv, upstash] = PAIRS.map(({ url, token }) => `${url} and ${token}`);
  throw new EnvironmentError([
    `Missing environment variables ${kv}, or ${upstash}: the server needs one of the pairs for its state.${found} On Vercel: connect a database to the project (Storage, Upstash for Redis), or vercel env add`,
  ]);
}
