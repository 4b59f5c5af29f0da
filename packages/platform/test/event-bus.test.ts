import { describe, it } from 'vitest';
import { busContract } from '../src/events/contract.ts';
import { inProcessBus } from '../src/events/in-process.ts';
import { pollingBus } from '../src/events/polling.ts';
import { memoryStore } from '../src/state/memory.ts';

describe.concurrent('the bus in a process keeps the contract', () => {
  it.for(busContract)('$name', ({ run }) => {
    const bus = inProcessBus();
    return run({ one: bus, other: bus });
  });
});

describe.concurrent('the bus over a store keeps the contract', () => {
  it.for(busContract)('$name', ({ run }) => {
    const store = memoryStore();
    return run({ one: pollingBus(store), other: pollingBus(store) });
  });
});
