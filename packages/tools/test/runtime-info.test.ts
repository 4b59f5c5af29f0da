import { describe, expect, it } from 'vitest';
import { runtimeInfo } from '../src/tools/runtime-info.ts';
import { complete, testContext } from './test-context.ts';

describe('runtime_info', () => {
  it('reports the facts of the server', async () => {
    const { data } = await complete(runtimeInfo, {}, testContext());
    expect(data).toEqual({
      runtime: { name: 'node', version: '24.0.0' },
      target: 'node',
      state: { kind: 'memory', consistency: 'strong' },
      cache: { kind: 'memory', consistency: 'strong' },
      jobs: 'on-demand',
      surfaceHash: '0'.repeat(64),
      uptimeSeconds: 7,
      environment: [{ variable: 'FETCH_PAGE_HOSTS', present: false }],
    });
  });

  it('reports the region where there is one', async () => {
    const { server } = testContext();
    const { data } = await complete(runtimeInfo, {}, testContext({ server: { ...server, region: 'eu-central-1' } }));
    expect(data.region).toBe('eu-central-1');
  });
});
