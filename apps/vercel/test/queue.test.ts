import { EnvironmentError } from '@mcp-everywhere/platform/env';
import { describe, expect, it } from 'vitest';
import { queueIn, TOPIC } from '../src/queue.ts';
import vercel from '../vercel.json' with { type: 'json' };

const system = { VERCEL_DEPLOYMENT_ID: 'dpl_1', VERCEL_REGION: 'iad1' };

describe('the queue of the jobs', () => {
  it('is the one of this deployment', () => expect(queueIn(system)?.kind).toBe('vercel-queues'));

  it('is none where Vercel does not say which deployment this is, or where it runs', () => {
    expect(queueIn({})).toBeUndefined();
    for (const name of Object.keys(system)) expect(queueIn({ ...system, [name]: '' })).toBeUndefined();
  });

  it('is not somewhere that is no URL', () =>
    expect(() => queueIn({ ...system, VERCEL_QUEUE_BASE_URL: 'queues' })).toThrow(EnvironmentError));

  it('has a topic that a function is called for', () =>
    expect(vercel.functions['api/jobs.js'].experimentalTriggers).toMatchObject([{ topic: TOPIC }]));
});
