import type { AtomicStore } from '@mcp-everywhere/platform';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import { describe, expect, it } from 'vitest';
import { Failure, failure } from '../src/result.ts';
import { updateState } from '../src/state/update-state.ts';

const increment = (held: string | undefined) => {
  const count = Number(held ?? 0) + 1;
  return { result: count, write: { value: String(count), ttlSeconds: 60 } };
};

describe('an update', () => {
  it('counts every one of fifty at once', async () => {
    const store = memoryStore();
    const results = await Promise.all(Array.from({ length: 50 }, () => updateState(store, 'count', increment)));
    expect(results.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(await store.get('count')).toBe('50');
  });

  it('writes nothing where the decision is a failure, or asks for no write', async () => {
    const store = memoryStore();
    expect(await updateState(store, 'key', () => failure('no'))).toEqual(failure('no'));
    expect(await updateState(store, 'key', () => ({ result: 'as it is' }))).toBe('as it is');
    expect(store.size).toBe(0);
  });

  it('gives up with a failure where others keep winning', async () => {
    const store = memoryStore();
    const alwaysLate: AtomicStore = { ...store, compareAndSet: () => Promise.resolve(undefined) };
    const outcome = await updateState(alwaysLate, 'count', increment);
    expect(outcome).toBeInstanceOf(Failure);
  });
});
