import type { KeyValueStore } from '../store.ts';

/** One rule of the contract. `run` rejects, with a message that says what was expected, where the store breaks it. */
export interface StoreCase<Store extends KeyValueStore = KeyValueStore> {
  readonly name: string;
  run(store: Store): Promise<void>;
}
