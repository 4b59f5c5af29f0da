import type { AtomicStore } from '@mcp-everywhere/platform/state';
import { atomicStoreContract } from '@mcp-everywhere/platform/state/contract';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisStandIn } from '../src/engines/redis-stand-in.ts';
import { startUpstashFront, type UpstashFront } from '../src/engines/upstash-front.ts';

describe('what stands in for Redis', () => {
  let front: UpstashFront;
  let store: AtomicStore;
  beforeAll(async () => {
    front = await startUpstashFront(redisStandIn);
    store = vercelKvStore(front);
  });
  afterAll(() => front.stop());

  describe.concurrent('keeps the contract', () => {
    it.each(atomicStoreContract)('$name', ({ run }) => run(store));
  });

  it('says so where it is asked for more', async () => {
    const headers = { authorization: `Bearer ${front.token}` };
    for (const command of [
      ['INCR', 'key'],
      ['EVALSHA', '0'.repeat(40), 0],
      ['EVAL', 'return 1', 0],
    ]) {
      const response = await fetch(front.url, { method: 'POST', headers, body: JSON.stringify(command) });
      expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/install redis-server/)]);
    }
  });
});
