import { atomicCases } from './contract/atomic-cases.ts';
import { keyValueCases } from './contract/key-value-cases.ts';
import type { StoreCase } from './contract/store-case.ts';
import type { AtomicStore, KeyValueStore } from './store.ts';

/**
 * What every adapter must do, as cases that need no test runner: each runtime's own runner runs them on the real engine.
 * Cases may run at the same time, and on a store that is not empty; those about expiry wait a second of the real clock.
 *
 * @example
 * for (const { name, run } of storeContract) test.concurrent(name, () => run(store));
 */
export const storeContract: readonly StoreCase<KeyValueStore>[] = keyValueCases;

/** The same for an `AtomicStore`: all of {@link storeContract}, and what atomicity adds. */
export const atomicStoreContract: readonly StoreCase<AtomicStore>[] = [...keyValueCases, ...atomicCases];

export { raceCase } from './contract/atomic-cases.ts';
